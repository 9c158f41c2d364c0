export { CaptureError } from './errors.ts';
export { addressText, type CaptureComment, CaptureInterface, CaptureMetadata } from './metadata.ts';
export { type OpenedCapture, openCapture } from './open.ts';
export { type CaptureProblem, Packet } from './packet.ts';
export { CaptureParser } from './parser.ts';
export {
  type PcapngInterfaceOptions,
  type PcapngPacketOptions,
  type PcapngSectionOptions,
  PcapngWriter,
} from './pcapng-writer.ts';
export { type CaptureSource, captureChunks } from './source.ts';
export {
  ByteCollector,
  type ByteOrder,
  type ByteSink,
  PcapWriter,
  type PcapWriterOptions,
} from './writer.ts';
