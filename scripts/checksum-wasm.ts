/**
 * Assembles the WebAssembly of src/wire/checksum-simd.ts and prints it as base64: `npx tsx scripts/checksum-wasm.ts`.
 *
 *   (memory (export "m") 2 2)
 *   (func (export "s") (param at i32) (param end i32) (result i32) (local sum v128)
 *     zeroes in [end, end + 32)
 *     do: sum += the 16-bit words in [at, at + 32), in four lanes; at += 32; while at < end
 *     the lanes' total, uint32)
 */

const I32 = 0x7f;
const V128 = 0x7b;
const AT = 0;
const END = 1;
const SUM = 2;

type Code = readonly number[];

const get = (local: number): Code => [0x20, local];
const set = (local: number): Code => [0x21, local];
const constant = (n: number): Code => [0x41, n];
const I32_ADD: Code = [0x6a];
const I32_LESS: Code = [0x49];
const V128_ZERO: Code = [0xfd, 0x0c, ...new Array<number>(16).fill(0)];
const V128_LOAD = (offset: number): Code => [0xfd, 0x00, 0, offset];
const V128_STORE = (offset: number): Code => [0xfd, 0x0b, 0, offset];
/** i32x4.extadd_pairwise_i16x8_u: neighbouring 16-bit words are added as 32-bit ones. */
const ADD_PAIRS: Code = [0xfd, 0x7f];
const I32X4_ADD: Code = [0xfd, 0xae, 0x01];
const LANE = (index: number): Code => [0xfd, 0x1b, index];
const LOOP: Code = [0x03, 0x40];
const AGAIN_IF: Code = [0x0d, 0];
const BLOCK_END: Code = [0x0b];

const zeroAt = (offset: number): Code => [...get(END), ...V128_ZERO, ...V128_STORE(offset)];
const addFrom = (offset: number): Code => [...get(AT), ...V128_LOAD(offset), ...ADD_PAIRS, ...I32X4_ADD];
const lane = (index: number): Code => [...get(SUM), ...LANE(index)];

const body: Code = [
  ...zeroAt(0),
  ...zeroAt(16),
  ...LOOP,
  ...[...get(SUM), ...addFrom(0), ...addFrom(16), ...set(SUM)],
  ...[...get(AT), ...constant(32), ...I32_ADD, ...set(AT)],
  ...[...get(AT), ...get(END), ...I32_LESS, ...AGAIN_IF],
  ...BLOCK_END,
  ...[...lane(0), ...lane(1), ...I32_ADD, ...lane(2), ...I32_ADD, ...lane(3), ...I32_ADD],
  ...BLOCK_END,
];

function length(code: Code): Code {
  const n = code.length;
  return n < 128 ? [n] : [(n & 127) | 128, n >> 7];
}

const vector = (...items: readonly Code[]): Code => [items.length, ...items.flat()];
const section = (id: number, content: Code): Code => [id, ...length(content), ...content];
const name = (text: string): Code => [text.length, text.charCodeAt(0)];
const withLength = (code: Code): Code => [...length(code), ...code];

export function checksumWasm(): string {
  const bytes = [
    ...[0, 0x61, 0x73, 0x6d, 1, 0, 0, 0],
    ...section(1, vector([0x60, ...vector([I32], [I32]), ...vector([I32])])),
    ...section(3, vector([0])),
    ...section(5, vector([1, 2, 2])),
    ...section(7, vector([...name('m'), 2, 0], [...name('s'), 0, 0])),
    ...section(10, vector(withLength([...vector([1, V128]), ...body]))),
  ];
  return btoa(String.fromCharCode(...bytes));
}

if (import.meta.url === `file://${process.argv[1]}`) console.log(checksumWasm());
