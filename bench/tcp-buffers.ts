/**
 * What the buffers and the scoreboard cost for one segment: written by the user, copied into a packet, entered as sent, received in
 * order, read by the user, acknowledged. `tsx bench/tcp-buffers.ts`
 */
import { ReceiveBuffer } from '../src/tcp/receive-buffer.ts';
import { Scoreboard } from '../src/tcp/scoreboard.ts';
import { SendBuffer } from '../src/tcp/send-buffer.ts';

const SEGMENT = 1448;
const WINDOW = 44;
const ROUNDS = 5000;
const RUNS = 5;

const send = new SendBuffer();
const receive = new ReceiveBuffer();
const sent = new Scoreboard();
const source = new Uint8Array(SEGMENT * WINDOW);
const target = new Uint8Array(SEGMENT * WINDOW);
const packet = new Uint8Array(1500);

function run(rounds: number): void {
  let seq = 0;
  for (let round = 0; round < rounds; round++) {
    send.write(source, 0, source.length);
    for (let i = 0; i < WINDOW; i++) {
      send.copyTo(i * SEGMENT, packet, 52, SEGMENT);
      sent.push(seq, (seq + SEGMENT) | 0, round);
      receive.insert(0, packet, 52, SEGMENT);
      seq = (seq + SEGMENT) | 0;
    }
    receive.read(target, 0, target.length);
    send.drop(source.length);
    sent.dropBelow(seq);
  }
}

run(ROUNDS);
const nanoseconds = Array.from({ length: RUNS }, () => {
  const start = performance.now();
  run(ROUNDS);
  return ((performance.now() - start) * 1e6) / (ROUNDS * WINDOW);
}).sort((a, b) => a - b);
const median = nanoseconds[RUNS >> 1]!;
console.log(`${median.toFixed(0)} ns a segment, ${((SEGMENT * 8) / median).toFixed(1)} Gbit/s`);
