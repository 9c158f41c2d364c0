import type { Look } from './look.ts';

const UNICODE = '▁▂▃▄▅▆▇█';
const ASCII = '_.-=+*#@';

/** A series as one line of bars of eight heights; several values share a bar where there are more than `width`. */
export function sparkline(values: readonly number[], width: number, look: Look): string {
  const bars = look.glyphs.bar === '█' ? UNICODE : ASCII;
  const count = Math.min(width, values.length);
  const means = Array.from({ length: count }, (_, i) => {
    const from = Math.floor((i * values.length) / count);
    const to = Math.floor(((i + 1) * values.length) / count);
    return values.slice(from, to).reduce((sum, value) => sum + value, 0) / (to - from);
  });
  const most = Math.max(...means);
  return means
    .map((mean) => bars[most <= 0 ? 0 : Math.min(bars.length - 1, Math.floor((mean / most) * bars.length))]!)
    .join('');
}
