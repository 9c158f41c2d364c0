import type { Level, PairReport, PressureReport, StayReport } from '../explain/pressure/index.ts';
import { countText, durationText, paragraph, plural } from './format.ts';
import type { Look } from './look.ts';
import { sparkline } from './sparkline.ts';

const LABEL = 14;
const MOST_STAYS = 10;
/** Ends that were gone sooner are not worth a line. */
const LONG_S = 1;

/** Who opens and closes how many connections, what that leaves behind, and where it leads. */
export function renderPressure(report: PressureReport, limit: number, look: Look): string[] {
  const { paint } = look;
  const { ports, start, end } = report;
  const span = start === null || end === null ? '' : ` in ${durationText(end - start)}`;
  const lines = [
    `${paint.as(`${plural(report.connections, 'connection')}${span}`, 'bold')}; TIME-WAIT lasts ${durationText(report.twoMslSeconds)}, ` +
      `ephemeral ports ${ports.from}-${ports.to} (${countText(ports.count)})`,
  ];
  for (const pair of report.pairs.slice(0, limit)) lines.push('', ...pairBlock(pair, report, look));
  const more = report.pairs.length - limit;
  if (more > 0)
    lines.push('', paint.as(`${plural(more, 'pair')} more; --limit shows them, --json has all`, 'dim'));
  if (report.omittedPairs > 0)
    lines.push('', `${plural(report.omittedPairs, 'connection')} of further pairs were not followed.`);
  const stays = report.stays.filter((stay) => stay.still > 0 || stay.longestSeconds! >= LONG_S);
  if (stays.length > 0) lines.push('', ...stayLines(stays, look));
  return lines;
}

function pairBlock(pair: PairReport, report: PressureReport, look: Look): string[] {
  const { paint, glyphs, width } = look;
  const row = (label: string, text: string, series?: readonly number[]): string => {
    const line = `  ${label.padEnd(LABEL)}${text}`;
    if (series === undefined) return line;
    const room = width - line.length - 2;
    return room < 8 ? line : `${line}  ${paint.as(sparkline(series, Math.min(room, 40), look), 'blue')}`;
  };
  const { series } = pair;
  const lines = [
    paint.as(`${pair.client} ${glyphs.arrow} ${pair.server}`, 'bold'),
    row(
      'opened',
      `${countText(pair.connections)}${failures(pair)}, ${rateText(pair.openedPerSecond.mean)} (peak ${rateText(pair.openedPerSecond.peak)})`,
      series.opened,
    ),
    row(
      'closed',
      `${rateText(pair.closedPerSecond.mean)} (peak ${rateText(pair.closedPerSecond.peak)})${lifetime(pair)}`,
      series.closed,
    ),
  ];
  const waits: readonly (readonly [string, Level, readonly number[]])[] = [
    ['the client', pair.clientTimeWait, series.clientTimeWait],
    ['the server', pair.serverTimeWait, series.serverTimeWait],
  ];
  for (const [who, level, values] of waits) {
    if (level.peak > 0)
      lines.push(
        row(
          'TIME-WAIT',
          `at ${who}: ${countText(level.peak)} at most${momentOf(level, report)}, ${countText(level.atEnd)} at the end`,
          values,
        ),
      );
  }
  if (pair.clientTimeWait.peak === 0 && pair.serverTimeWait.peak === 0) lines.push(row('TIME-WAIT', 'none'));
  lines.push(
    row(
      'ports',
      `${countText(pair.portsHeld.peak)} held at most, ${percent(pair.portsShare)} of the range`,
      series.portsHeld,
    ),
  );
  if (pair.reuse.soonestSeconds !== null)
    lines.push(
      row(
        'port reuse',
        `${countText(pair.reuse.withinTwoMsl)} within 2MSL, the soonest after ${durationText(pair.reuse.soonestSeconds)}`,
      ),
    );
  lines.push(...paragraph(forecastText(pair, report), `  ${'forecast'.padEnd(LABEL)}`, width));
  const { from, to } = report.ports;
  if (pair.lowestPort < from || pair.highestPort > to)
    lines.push(
      ...paragraph(
        `the client used ports ${pair.lowestPort} to ${pair.highestPort}: give its range with --ports`,
        `  ${'note'.padEnd(LABEL)}`,
        width,
      ),
    );
  return lines;
}

function forecastText(pair: PairReport, report: PressureReport): string {
  const { rate, beginsAt, halfFailAt, exhaustedAt, observed, success } = pair.forecast;
  if (pair.timeWaitBy.client === 0)
    return 'the client keeps no TIME-WAIT: its ports come back as connections close';
  if (rate === 0) return 'too few connections to tell a rate';
  const limits = `Ports run out from ${rateText(beginsAt)} on; from ${rateText(halfFailAt)} on more than half of the connects fail.`;
  const at = exhaustedAt === null ? '' : durationText(exhaustedAt - report.start!);
  const fails =
    success < 1
      ? ` In the long run ${percent(success)} of the connects succeed, the others fail with EADDRNOTAVAIL.`
      : '';
  if (observed)
    return `all ports were held ${at} after the start. At ${rateText(rate)}, as before:${fails} ${limits}`;
  if (exhaustedAt !== null)
    return `at ${rateText(rate)} all ports are held ${at} after the start.${fails} ${limits}`;
  return `at ${rateText(rate)} the ports last. ${limits}`;
}

function stayLines(stays: readonly StayReport[], { paint }: Look): string[] {
  const lines = [paint.as('Ends that wait for an application', 'bold')];
  for (const { state, where, still, oldestSeconds, left, longestSeconds } of stays.slice(0, MOST_STAYS)) {
    const here =
      oldestSeconds === null
        ? ''
        : `${countText(still)} still there, the oldest for ${durationText(oldestSeconds)}`;
    const gone =
      longestSeconds === null
        ? ''
        : `${countText(left)} left it, after ${durationText(longestSeconds)} at most`;
    lines.push(`  ${state.padEnd(LABEL)}${where}: ${[here, gone].filter((part) => part !== '').join('; ')}`);
  }
  if (stays.length > MOST_STAYS)
    lines.push(`  ${plural(stays.length - MOST_STAYS, 'place')} more; --json has all`);
  return lines;
}

function failures({ failed }: PairReport): string {
  return failed === 0 ? '' : ` (${countText(failed)} never established)`;
}

function lifetime({ meanLifetimeSeconds }: PairReport): string {
  return meanLifetimeSeconds === null ? '' : `, open for ${durationText(meanLifetimeSeconds)} on average`;
}

function momentOf({ peakAt }: Level, { start }: PressureReport): string {
  return peakAt === null || start === null ? '' : ` (after ${durationText(peakAt - start)})`;
}

function rateText(rate: number): string {
  return `${rate >= 100 ? countText(rate) : String(Number(rate.toPrecision(3)))}/s`;
}

function percent(share: number): string {
  const value = 100 * share;
  return `${value >= 10 ? Math.round(value) : Number(value.toPrecision(2))} %`;
}
