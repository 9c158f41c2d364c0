import type { Scenario } from '../scenario.ts';
import { closeWaitLeak } from './close-wait-leak.ts';
import { fourWayClose, simultaneousClose, threeSegmentClose } from './closing.ts';
import { halfOpenCrash } from './half-open-crash.ts';
import { keepAliveRace } from './keep-alive-race.ts';
import { lastAckLost } from './last-ack-lost.ts';
import { lingerZero } from './linger-zero.ts';
import { portExhaustion } from './port-exhaustion.ts';
import { reuseAddress } from './reuse-address.ts';
import { shortMsl } from './short-msl.ts';
import { timeWaitAssassination, timeWaitReopen } from './time-wait.ts';
import { wanderingDuplicate } from './wandering-duplicate.ts';

/** In the order in which `lastack lab` lists them. */
export const SCENARIOS: readonly Scenario[] = [
  fourWayClose,
  threeSegmentClose,
  simultaneousClose,
  closeWaitLeak,
  portExhaustion,
  lastAckLost,
  wanderingDuplicate,
  timeWaitAssassination,
  timeWaitReopen,
  shortMsl,
  lingerZero,
  reuseAddress,
  halfOpenCrash,
  keepAliveRace,
];

const BY_NAME: ReadonlyMap<string, Scenario> = new Map(SCENARIOS.map((one) => [one.name, one]));

export function scenarioByName(name: string): Scenario | undefined {
  return BY_NAME.get(name);
}
