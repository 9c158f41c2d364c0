export { PeerCapture, type PeerOptions } from './capture.ts';
