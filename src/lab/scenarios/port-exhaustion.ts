import type { Lab } from '../lab.ts';
import { Load, type Tally } from '../load.ts';
import { type Scenario, scenario } from '../scenario.ts';
import { amount, choice, count } from '../values.ts';
import { PORT, SECOND, us } from './common.ts';

const FIRST_PORT = 32_768;

/** The first second in which a series is over zero, or is zero again; -1: never. */
function firstSecond(series: readonly number[], from: number, isOver: boolean): number {
  for (let i = from; i < series.length; i++) if ((series[i] ?? 0) > 0 === isOver) return i;
  return -1;
}

/** What was to be expected from the numbers alone, and what happened. */
function conclude(lab: Lab, tally: Tally, rate: number, ports: number, timeWaitS: number): void {
  const begins = ports / timeWaitS;
  const knee = 2 * begins;
  const rateText = (n: number): string => n.toFixed(1);
  lab.fact('ports', ports, '', `${ports} ephemeral ports towards one destination`);
  lab.fact(
    'begins-at',
    begins,
    '/s',
    `exhaustion begins at ${rateText(begins)} connections/s: ${ports} ports / ${timeWaitS} s of TIME-WAIT`,
  );
  lab.fact(
    'knee',
    knee,
    '/s',
    `from ${rateText(knee)} connections/s on, more than half of the connects fail (the 50 % knee)`,
  );
  const fillS = ports / rate;
  const outage = fillS < timeWaitS;
  lab.fact(
    'forecast-first-failure',
    outage ? fillS : null,
    's',
    outage
      ? `forecast at ${rate}/s: the first failure after ${fillS.toFixed(1)} s, then none succeeds for ${(timeWaitS - fillS).toFixed(1)} s`
      : `forecast at ${rate}/s: no failure`,
  );
  lab.fact(
    'forecast-success',
    Math.min(1, begins / rate),
    '',
    `forecast: ${(100 * Math.min(1, begins / rate)).toFixed(1)} % of the connects succeed`,
  );
  const failed = tally.failedPerSecond;
  const first = firstSecond(failed, 0, true);
  const recovered = first < 0 ? -1 : firstSecond(tally.donePerSecond, first + 2, true);
  const again = recovered < 0 ? -1 : firstSecond(failed, recovered + 2, true);
  const seen = (at: number, text: string): string => (at < 0 ? `${text}: never` : `${text}: in second ${at}`);
  lab.fact('first-failure', first < 0 ? null : first, 's', seen(first, 'measured, first EADDRNOTAVAIL'));
  lab.fact(
    'recovered',
    recovered < 0 ? null : recovered,
    's',
    seen(recovered, 'measured, connects succeed again'),
  );
  lab.fact('fails-again', again < 0 ? null : again, 's', seen(again, 'measured, EADDRNOTAVAIL again'));
  lab.fact('attempts', tally.attempts, '', `${tally.attempts} connects tried`);
  lab.fact('succeeded', tally.done, '', `${tally.done} succeeded`);
  lab.fact(
    'failed',
    tally.errors.get('EADDRNOTAVAIL') ?? 0,
    '',
    `${tally.errors.get('EADDRNOTAVAIL') ?? 0} failed with EADDRNOTAVAIL`,
  );
  const half = tally.timeWaitPerSecond.client.findIndex((n) => n >= ports / 2);
  lab.fact(
    'half-used',
    half < 0 ? null : half,
    's',
    seen(half, 'measured, half of the ports in use: those of one parity are gone and connect searches on'),
  );
  const triedFirst = Math.min(tally.attempts, rate * timeWaitS);
  const doneFirst = tally.donePerSecond.slice(0, timeWaitS).reduce((sum, n) => sum + n, 0);
  const share = doneFirst / triedFirst;
  lab.fact(
    'success',
    share,
    '',
    `measured, in the first ${timeWaitS} s ${(100 * share).toFixed(1)} % of the connects succeeded`,
  );
  const most = Math.max(...tally.timeWaitPerSecond.client, ...tally.timeWaitPerSecond.server);
  lab.fact('most-time-wait', most, 'sockets', `${most} sockets in TIME-WAIT at most`);
}

export const portExhaustion: Scenario = scenario({
  name: 'port-exhaustion',
  title: 'a busy client runs out of ports: connects fail for most of a minute, recover, fail again',
  story:
    'A client opens connection after connection to one server and closes each first. Every one leaves a TIME-WAIT that holds its port for 60 s. ' +
    'When all ephemeral ports are held, connect() fails at once with EADDRNOTAVAIL and nothing is sent. After a minute the first ports come ' +
    'back, all the connects succeed again, the ports are used up in the same time, and it begins anew.',
  causes: ['port-exhaustion', 'time-wait-churn'],
  parameters: {
    rate: amount(2_000, 1, 20_000, '/s', 'connections tried each second'),
    ports: count(28_232, 16, 32_768, 'ephemeral ports of the client'),
    seconds: count(78, 5, 600, 'virtual time', 's'),
    closer: choice(['client', 'server'], 'who closes first'),
    rtt: amount(1, 0.1, 500, 'ms', 'round trip between the two hosts'),
  },
  // The connect that fails sends nothing; what leads to it shows.
  expects: ({ closer }) => [
    closer === 'client' ? 'time-wait-churn' : 'fin-server-first',
    ...(closer === 'client' ? [] : ['fin-three-segments']),
  ],
  build: (lab, { rate, ports, seconds, closer, rtt }) => {
    const client = lab.host('client', {
      trusted: true,
      config: { ephemeralFrom: FIRST_PORT, ephemeralTo: FIRST_PORT + ports - 1 },
    });
    const server = lab.host('server', { trusted: true });
    lab.join(client, server, us(rtt));
    lab.watch(client, server, true);
    lab.traced = false;
    lab.limitUs = seconds * SECOND;
    const load = new Load(lab.network, client, server, {
      rate,
      startUs: 0,
      endUs: lab.limitUs,
      requestBytes: 16,
      answerBytes: 16,
      lifetimeUs: 0,
      closer,
      exchangesPerConnection: 1,
      sources: [lab.addressOf(client)],
      destinations: [lab.addressOf(server)],
      port: PORT,
      lingerZero: false,
      reuseAddress: false,
      timeoutUs: Number.POSITIVE_INFINITY,
    });
    for (const at of [10, 30, 59, 65].filter((second) => second < seconds)) {
      lab.lookAt(at * SECOND, `second ${at}`, client);
    }
    lab.atEnd(() => conclude(lab, load.tally, rate, ports, 60));
  },
});
