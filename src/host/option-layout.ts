import type { Outgoing } from '../tcp/outgoing.ts';
import { OptionBit, OptionKind } from '../wire/index.ts';

const NOP = OptionKind.nop;

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
    if ((kinds & OptionBit.timestamps) !== 0) end = writeTimestamps(view, writeNops(view, end, 2), out);
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
  if ((kinds & OptionBit.timestamps) !== 0) {
    end = sack ? writeSackPermitted(view, end) : writeNops(view, end, 2);
    end = writeTimestamps(view, end, out);
  } else if (sack) end = writeSackPermitted(view, writeNops(view, end, 2));
  if ((kinds & OptionBit.windowScale) !== 0) end = writeScale(view, end, out);
  return end;
}

/** MSS, window scale, SACK-permitted, timestamps (FreeBSD tcp_addoptions). */
function writeFreebsdSyn(view: DataView, at: number, out: Outgoing): number {
  const kinds = out.optionKinds;
  let end = at;
  if ((kinds & OptionBit.windowScale) !== 0) end = writeScale(view, end, out);
  if ((kinds & OptionBit.sackPermitted) !== 0) end = writeSackPermitted(view, end);
  if ((kinds & OptionBit.timestamps) !== 0) {
    while (((end - at) & 3) !== 2) view.setUint8(end++, NOP);
    end = writeTimestamps(view, end, out);
  }
  return end;
}

function writeNops(view: DataView, at: number, count: number): number {
  for (let i = 0; i < count; i++) view.setUint8(at + i, NOP);
  return at + count;
}

function writeScale(view: DataView, at: number, out: Outgoing): number {
  view.setUint32(at, (NOP << 24) | (OptionKind.windowScale << 16) | (3 << 8) | out.windowScale);
  return at + 4;
}

function writeSackPermitted(view: DataView, at: number): number {
  view.setUint16(at, (OptionKind.sackPermitted << 8) | 2);
  return at + 2;
}

function writeTimestamps(view: DataView, at: number, out: Outgoing): number {
  view.setUint16(at, (OptionKind.timestamps << 8) | 10);
  view.setInt32(at + 2, out.tsVal);
  view.setInt32(at + 6, out.tsEcr);
  return at + 10;
}

function writeSack(view: DataView, at: number, out: Outgoing): number {
  const edges = out.sackCount * 2;
  let end = writeNops(view, at, 2);
  view.setUint16(end, (OptionKind.sack << 8) | (2 + edges * 4));
  end += 2;
  for (let i = 0; i < edges; i++) view.setInt32(end + 4 * i, out.sack[i]!);
  return end + 4 * edges;
}
