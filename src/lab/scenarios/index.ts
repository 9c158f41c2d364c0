import type { Scenario } from '../scenario.ts';
import { abandonedConnect } from './abandoned-connect.ts';
import { abruptEnd } from './abrupt-end.ts';
import { acceptQueue } from './accept-queue.ts';
import { bindFirst } from './bind-first.ts';
import { closeWaitLeak } from './close-wait-leak.ts';
import { fourWayClose, simultaneousClose, threeSegmentClose } from './closing.ts';
import { connectFails } from './connect-fails.ts';
import { connectionLimit } from './connection-limit.ts';
import { conntrackInvalid } from './conntrack-invalid.ts';
import { conntrackTableFull, snatExhaustion } from './crowded-boxes.ts';
import { crowdedHost } from './crowded-host.ts';
import { deadPath } from './dead-path.ts';
import { deferAccept } from './defer-accept.ts';
import { fiveTupleCollision } from './five-tuple-collision.ts';
import { forgedSegments } from './forged-segments.ts';
import { forgottenSocket } from './forgotten-socket.ts';
import { halfClose } from './half-close.ts';
import { halfOpenCrash } from './half-open-crash.ts';
import { handshakeTampered } from './handshake-tampered.ts';
import { healthChecks } from './health-checks.ts';
import { impatientClient } from './impatient-client.ts';
import { keepAliveRace } from './keep-alive-race.ts';
import { lastAckLost } from './last-ack-lost.ts';
import { lateClose } from './late-close.ts';
import { lateData } from './late-data.ts';
import { lingerStates } from './linger-states.ts';
import { lingerZero } from './linger-zero.ts';
import { listenerCloses } from './listener-closes.ts';
import { lostFin } from './lost-fin.ts';
import { middleboxResets } from './middlebox-resets.ts';
import { natIdle } from './nat-idle.ts';
import { pathMtu } from './path-mtu.ts';
import { portExhaustion } from './port-exhaustion.ts';
import { portScan } from './port-scan.ts';
import { processKilled } from './process-killed.ts';
import { resetInTimeWait } from './reset-in-time-wait.ts';
import { reuseAddress } from './reuse-address.ts';
import { rollingUpdate } from './rolling-update.ts';
import { selfConnect } from './self-connect.ts';
import { shortMsl } from './short-msl.ts';
import { simultaneousOpen } from './simultaneous-open.ts';
import { straySegment } from './stray-segment.ts';
import { stuckReader } from './stuck-reader.ts';
import { synFlood } from './syn-flood.ts';
import { synProxy } from './syn-proxy.ts';
import { timeWaitAssassination, timeWaitReopen } from './time-wait.ts';
import { timeWaitRecycle } from './time-wait-recycle.ts';
import { timeWaitReuse } from './time-wait-reuse.ts';
import { wanderingDuplicate } from './wandering-duplicate.ts';
import { wrongProtocol } from './wrong-protocol.ts';

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
  deadPath,
  straySegment,
  natIdle,
  middleboxResets,
  conntrackInvalid,
  forgedSegments,
  pathMtu,
  synProxy,
  fiveTupleCollision,
  timeWaitRecycle,
  snatExhaustion,
  conntrackTableFull,
  bindFirst,
  selfConnect,
  rollingUpdate,
  connectionLimit,
  healthChecks,
  impatientClient,
  lateClose,
  wrongProtocol,
  connectFails,
  acceptQueue,
  synFlood,
  portScan,
  listenerCloses,
  deferAccept,
  handshakeTampered,
  simultaneousOpen,
  abandonedConnect,
  abruptEnd,
  processKilled,
  lingerStates,
  lateData,
  halfClose,
  stuckReader,
  forgottenSocket,
  lostFin,
  resetInTimeWait,
  crowdedHost,
  timeWaitReuse,
];

const BY_NAME: ReadonlyMap<string, Scenario> = new Map(SCENARIOS.map((one) => [one.name, one]));

export function scenarioByName(name: string): Scenario | undefined {
  return BY_NAME.get(name);
}
