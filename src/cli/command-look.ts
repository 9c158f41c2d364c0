import type { CommandIo } from './io.ts';
import { type Look, makeLook } from './look.ts';
import { oneOf, type ParsedOptions, wholeNumber } from './options.ts';

/** The look that `--color` and `--width` of a command ask for. */
export function lookOf(command: string, options: ParsedOptions, io: CommandIo): Look {
  const color = oneOf(command, 'color', options.value('color') ?? 'auto', ['auto', 'always', 'never']);
  const width = options.value('width');
  return makeLook(color, width === null ? null : wholeNumber(command, 'width', width, 1), io.out, io.env);
}
