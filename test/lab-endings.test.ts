import { describe, expect, it } from 'vitest';
import { type AnyValues, runScenario, scenarioByName } from '../src/lab/index.ts';

const run = (name: string, values: AnyValues) => runScenario(scenarioByName(name)!, values);

/** Settings of scenarios that lead to other causes, and what the run finds out. */
const VARIANTS: readonly (readonly [
  name: string,
  values: AnyValues,
  facts: Readonly<Record<string, unknown>>,
])[] = [
  ['connect-fails', {}, { 'connect-error': 'ECONNREFUSED', 'server-resets': 1 }],
  ['connect-fails', { why: 'reject-reset' }, { 'connect-error': 'ECONNREFUSED', 'server-resets': 0 }],
  ['connect-fails', { why: 'reject-reset', before: false }, { 'connect-error': 'ECONNREFUSED' }],
  ['connect-fails', { why: 'reject-icmp' }, { 'connect-error': 'ECONNREFUSED', 'server-resets': 0 }],
  ['connect-fails', { why: 'prohibited' }, { 'connect-error': 'EHOSTUNREACH' }],
  ['connect-fails', { why: 'prohibited', ip: '6' }, { 'connect-error': 'EACCES' }],
  ['connect-fails', { why: 'host-down' }, { 'connect-error': 'EHOSTUNREACH' }],
  ['connect-fails', { why: 'dropped', before: false }, { 'connect-error': 'ETIMEDOUT' }],
  ['connect-fails', { why: 'unsigned' }, { 'connect-error': 'ETIMEDOUT', 'server-resets': 0 }],
  ['accept-queue', {}, { served: 3, errors: '3 ETIMEDOUT' }],
  ['accept-queue', { meets: 'burst-ignored' }, { served: 3 }],
  ['accept-queue', { meets: 'burst-cookies' }, { served: 3, errors: '3 ECONNRESET' }],
  ['accept-queue', { meets: 'burst-aborted' }, { served: 3, errors: '2 ECONNRESET' }],
  ['syn-flood', { cookies: true }, { 'connect-took': 0.02 }],
  ['port-scan', { ports: 3 }, { refused: 2, 'scanner-resets': 1, accepted: 0 }],
  ['listener-closes', {}, { answered: 0, errors: '6 got ECONNRESET' }],
  ['listener-closes', { server: 'reuseport' }, {}],
  ['listener-closes', { server: 'reuseport-migrates' }, { answered: 6, errors: '', resets: 0 }],
  ['defer-accept', { first: 'client' }, {}],
  ['handshake-tampered', { segment: 'answer' }, { resets: 1, answer: 10 }],
  ['simultaneous-open', { apart: 0.5 }, { connected: true, 'passive-opens': 0 }],
  ['simultaneous-open', { profile: 'rfc' }, { connected: true }],
  ['abandoned-connect', {}, { resets: 1, accepted: 0 }],
  ['abrupt-end', {}, { 'client-got': 'ECONNRESET' }],
  ['abrupt-end', { how: 'disconnect' }, { 'client-got': 'ECONNRESET' }],
  ['abrupt-end', { how: 'operator' }, { 'client-got': 'ECONNRESET', 'killed-got': 'ECONNABORTED' }],
  ['abrupt-end', { how: 'before-accept' }, { 'server-got': 'ECONNRESET' }],
  ['process-killed', {}, { 'client-got': 'EOF', 'again-got': 'ECONNREFUSED' }],
  ['process-killed', { unread: 300 }, { 'client-got': 'ECONNRESET' }],
  ['linger-states', {}, { 'client-got': 'ECONNRESET' }],
  ['linger-states', { case: 'last-ack' }, { 'client-got': 'ECONNRESET' }],
  ['linger-states', { case: 'fin-wait-2' }, { 'server-got': 'EPIPE' }],
  ['linger-states', { case: 'waits' }, { arrived: 60_000 }],
  ['linger-states', { case: 'waits-in-vain' }, { 'close-took': 3, arrived: 60_000 }],
  ['late-data', {}, { resets: 1, 'client-got': 'EPIPE' }],
  ['late-data', { how: 'reading' }, { resets: 0, 'client-got': 'no error' }],
  ['late-data', { how: 'last-word' }, {}],
  ['half-close', { who: 'server' }, { answer: 93, resets: 0 }],
  ['stuck-reader', {}, { 'client-got': 'ECONNRESET' }],
  ['stuck-reader', { ends: 'gives-up' }, { 'client-got': 'ETIMEDOUT' }],
  ['forgotten-socket', {}, { 'fin-wait-2': 1, 'close-wait': 1 }],
  ['forgotten-socket', { case: 'port-again' }, { 'fin-wait-2': 0, 'close-wait': 1 }],
  ['lost-fin', { closer: 'server', lost: 2 }, {}],
  ['reset-in-time-wait', {}, { 'time-wait-survives': false }],
  ['reset-in-time-wait', { rfc1337: true }, { 'time-wait-survives': true }],
  ['crowded-host', {}, { overflows: 5, 'server-got': '5 ECONNRESET' }],
  ['crowded-host', { limit: 'buckets' }, { overflows: 5, resets: 0 }],
  ['crowded-host', { limit: 'buckets-late-fin' }, { overflows: 5, resets: 5 }],
  ['time-wait-reuse', {}, { 'next-connect': true, recycled: 1 }],
  ['time-wait-reuse', { reuse: false }, { 'next-connect': false, recycled: 0 }],
];

describe('the closed loop', () => {
  it.each(VARIANTS)('%s %j: explain names the cause, and the ends got %j', (name, values, wanted) => {
    const { verdict, facts } = run(name, values);
    const told = verdict!.connections.map((c) => [c.verdict.cause, ...c.verdict.alternatives]);
    expect({ expected: verdict!.expected, told, named: verdict!.named }).toMatchObject({ named: true });
    expect(Object.fromEntries(facts.map((fact) => [fact.name, fact.value]))).toMatchObject(wanted);
  });
});
