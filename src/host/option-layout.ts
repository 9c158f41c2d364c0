import type { Outgoing } from '../tcp/outgoing.ts';
import { OptionBit, OptionKind } from '../wire/index.ts';

const NOP = OptionKind.nop;
/** What fills the two octets before an option of ten. */
const NOPS = (NOP << 8) | NOP;
const SACK_PERMITTED = (OptionKind.sackPermitted << 8) | 2;

/** Writes the options of `out` at `at` in the order that a kind of host has them; returns their length, a multiple of 4. */
export function writeTcpOptions(
  view: DataView,
  at: number,
  out: Outgoing,
  layout: 'linux' | 'freebsd',
): number {
  const kinds = out.optionKinds;
  let end = at;
  if ((kinds & OptionBit.mss) !== 0) {
    view.setUint32(end, (OptionKind.mss << 24) | (4 << 16) | out.mss);
    end += 4;
    end = layout === 'linux' ? writeLinuxSyn(view, end, out) : writeFreebsdSyn(view, end, out);
  } else {
    if ((kinds & OptionBit.timestamps) !== 0) end = writeTimestamps(view, end, NOPS, out);
    if ((kinds & OptionBit.sack) !== 0) end = writeSack(view, end, out);
  }
  if ((kinds & OptionBit.userTimeout) !== 0) {
    view.setUint32(end, (OptionKind.userTimeout << 24) | (4 << 16) | out.userTimeout);
    end += 4;
  }
  while (((end - at) & 3) !== 0) view.setUint8(end++, OptionKind.end);
  return end - at;
}

/** MSS, SACK-permitted in place of the two NOPs before timestamps, window scale (Linux tcp_options_write). */
function writeLinuxSyn(view: DataView, at: number, out: Outgoing): number {
  const kinds = out.optionKinds;
  const sack = (kinds & OptionBit.sackPermitted) !== 0;
  let end = at;
  if ((kinds & OptionBit.timestamps) !== 0)
    end = writeTimestamps(view, end, sack ? SACK_PERMITTED : NOPS, out);
  else if (sack) {
    view.setInt32(end, (NOPS << 16) | SACK_PERMITTED);
    end += 4;
  }
  if ((kinds & OptionBit.windowScale) !== 0) end = writeScale(view, end, out);
  return end;
}

/** MSS, window scale, SACK-permitted, timestamps (FreeBSD tcp_addoptions). */
function writeFreebsdSyn(view: DataView, at: number, out: Outgoing): number {
  const kinds = out.optionKinds;
  let end = at;
  if ((kinds & OptionBit.windowScale) !== 0) end = writeScale(view, end, out);
  const sack = (kinds & OptionBit.sackPermitted) !== 0;
  if ((kinds & OptionBit.timestamps) !== 0)
    end = writeTimestamps(view, end, sack ? SACK_PERMITTED : NOPS, out);
  else if (sack) {
    view.setUint16(end, SACK_PERMITTED);
    end += 2;
  }
  return end;
}

function writeScale(view: DataView, at: number, out: Outgoing): number {
  view.setUint32(at, (NOP << 24) | (OptionKind.windowScale << 16) | (3 << 8) | out.windowScale);
  return at + 4;
}

/** Behind two octets that align it (RFC 7323 appendix A). */
function writeTimestamps(view: DataView, at: number, before: number, out: Outgoing): number {
  view.setInt32(at, (before << 16) | (OptionKind.timestamps << 8) | 10);
  view.setInt32(at + 4, out.tsVal);
  view.setInt32(at + 8, out.tsEcr);
  return at + 12;
}

function writeSack(view: DataView, at: number, out: Outgoing): number {
  const edges = out.sackCount * 2;
  view.setInt32(at, (NOPS << 16) | (OptionKind.sack << 8) | (2 + edges * 4));
  for (let i = 0; i < edges; i++) view.setInt32(at + 4 + 4 * i, out.sack[i]!);
  return at + 4 + 4 * edges;
}
