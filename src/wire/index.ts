export * from './address.ts';
export * from './checksum.ts';
export { longSum } from './checksum-simd.ts';
export { Decoder, type DecoderOptions } from './decoder.ts';
export * from './encode.ts';
export { Icmp4Error, Icmp6Error } from './icmp.ts';
export * from './ip/encode.ts';
export { type FragmentLimits, FragmentReassembler } from './ip/fragments.ts';
export { EtherType, Protocol } from './ip/protocols.ts';
export { IpDecoder } from './ip-decoder.ts';
export * from './link/encode.ts';
export { isSupportedLinkType, linkTypeName } from './link/type-names.ts';
export { LinkType } from './link/types.ts';
export * from './segment.ts';
export * from './sequence.ts';
export { type TcpHeader, writeOptions, writeTcpChecksum, writeTcpHeader } from './tcp/encode.ts';
export {
  type Experiment,
  ExperimentId,
  OptionKind,
  readOptions,
  type SackBlock,
  type TcpOption,
} from './tcp/options.ts';
export * from './tunnel/encode.ts';
export { TunnelPort } from './tunnel/udp.ts';
