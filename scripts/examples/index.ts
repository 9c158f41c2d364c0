import { article } from './article.ts';
import { mixed } from './mixed.ts';
import { closeWait, keepaliveRace, portPressure, unreadData } from './single.ts';

/** File name in `examples/` and what makes its bytes; the same bytes each time. */
export const EXAMPLES: ReadonlyMap<string, () => Uint8Array> = new Map([
  ['article.pcapng', article],
  ['close-wait.pcapng', closeWait],
  ['keepalive-race.pcapng', keepaliveRace],
  ['mixed.pcapng', mixed],
  ['port-pressure.pcapng', portPressure],
  ['unread-data.pcapng', unreadData],
]);
