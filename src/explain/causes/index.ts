import { abortInSynSent } from './abort-in-syn-sent.ts';
import { acceptQueueFull } from './accept-queue-full.ts';
import { acceptQueueFullAbort } from './accept-queue-full-abort.ts';
import { acceptQueueFullAckIgnored } from './accept-queue-full-ack-ignored.ts';
import { ackOfUnsentData } from './ack-of-unsent-data.ts';
import { addrinuseLiveListener } from './addrinuse-live-listener.ts';
import { addrinuseTimeWait } from './addrinuse-time-wait.ts';
import { adminKill } from './admin-kill.ts';
import { badAckInSynSent } from './bad-ack-in-syn-sent.ts';
import { badHandshakeAck } from './bad-handshake-ack.ts';
import { bindAddressNoPort } from './bind-address-no-port.ts';
import type { Cause } from './cause.ts';
import { clientGaveUp } from './client-gave-up.ts';
import { closeWaitLeak } from './close-wait-leak.ts';
import { closeWaitPortReused } from './close-wait-port-reused.ts';
import { closeWithUnreadData } from './close-with-unread-data.ts';
import { conntrackInvalidDropped } from './conntrack-invalid-dropped.ts';
import { conntrackInvalidReset } from './conntrack-invalid-reset.ts';
import { conntrackTableFull } from './conntrack-table-full.ts';
import { deferAccept } from './defer-accept.ts';
import { disconnectAfUnspec } from './disconnect-af-unspec.ts';
import { finByProcessKill } from './fin-by-process-kill.ts';
import { finClientFirst } from './fin-client-first.ts';
import { finLingeringClose } from './fin-lingering-close.ts';
import { finLost } from './fin-lost.ts';
import { finServerFirst } from './fin-server-first.ts';
import { finSimultaneous } from './fin-simultaneous.ts';
import { finThreeSegments } from './fin-three-segments.ts';
import { finWait2Expired } from './fin-wait2-expired.ts';
import { finWait2Stuck } from './fin-wait2-stuck.ts';
import { finWithLinger } from './fin-with-linger.ts';
import { firewallRejectReset } from './firewall-reject-reset.ts';
import { fiveTupleCollision } from './five-tuple-collision.ts';
import { halfCloseThenData } from './half-close-then-data.ts';
import { halfOpenLeak } from './half-open-leak.ts';
import { halfOpenReconnectSamePort } from './half-open-reconnect-same-port.ts';
import { harmlessRstAfterClose } from './harmless-rst-after-close.ts';
import { healthCheckReset } from './health-check-reset.ts';
import { hostUnreachable } from './host-unreachable.ts';
import { icmpAdminProhibited } from './icmp-admin-prohibited.ts';
import { icmpPortUnreachable } from './icmp-port-unreachable.ts';
import { keepaliveRace } from './keepalive-race.ts';
import { keepaliveTimeout } from './keepalive-timeout.ts';
import { lastAckLost } from './last-ack-lost.ts';
import { lastAckLostNoTimeWait } from './last-ack-lost-no-time-wait.ts';
import { lateApplicationClose } from './late-application-close.ts';
import { lbIdleTimeout } from './lb-idle-timeout.ts';
import { lingerTimeout } from './linger-timeout.ts';
import { linger0Abort } from './linger0-abort.ts';
import { linger0AbortDataLost } from './linger0-abort-data-lost.ts';
import { linger0InCloseWait } from './linger0-in-close-wait.ts';
import { linger0InLastAck } from './linger0-in-last-ack.ts';
import { linger2Negative } from './linger2-negative.ts';
import { listenerClosedWithQueue } from './listener-closed-with-queue.ts';
import { md5Mismatch } from './md5-mismatch.ts';
import { middleboxRst } from './middlebox-rst.ts';
import { middleboxRstVolley } from './middlebox-rst-volley.ts';
import { natIdleDrop } from './nat-idle-drop.ts';
import { natIdleReset } from './nat-idle-reset.ts';
import { natRemapped } from './nat-remapped.ts';
import { oldDuplicateInTimeWait } from './old-duplicate-in-time-wait.ts';
import { orphanOverflow } from './orphan-overflow.ts';
import { orphanRetriesExhausted } from './orphan-retries-exhausted.ts';
import { pawsDrop } from './paws-drop.ts';
import { peerRestarted } from './peer-restarted.ts';
import { peerSentAfterClose } from './peer-sent-after-close.ts';
import { peerSentAfterShutdownRdwr } from './peer-sent-after-shutdown-rdwr.ts';
import { pmtuBlackhole } from './pmtu-blackhole.ts';
import { pmtuDiscovered } from './pmtu-discovered.ts';
import { pmtuProbingRecovers } from './pmtu-probing-recovers.ts';
import { portClosed } from './port-closed.ts';
import { portExhaustion } from './port-exhaustion.ts';
import { portExhaustionBindFirst } from './port-exhaustion-bind-first.ts';
import { processKillUnread } from './process-kill-unread.ts';
import { refusedAfterAccept } from './refused-after-accept.ts';
import { resetBeforeAccept } from './reset-before-accept.ts';
import { retransmissionTimeout } from './retransmission-timeout.ts';
import { reuseaddrOverTimeWait } from './reuseaddr-over-time-wait.ts';
import { reuseportListenerClosed } from './reuseport-listener-closed.ts';
import { reuseportMigrated } from './reuseport-migrated.ts';
import { rollingUpdate } from './rolling-update.ts';
import { rstChallenged } from './rst-challenged.ts';
import { rstIgnored } from './rst-ignored.ts';
import { selfConnect } from './self-connect.ts';
import { shutdownRdIgnored } from './shutdown-rd-ignored.ts';
import { simultaneousOpen } from './simultaneous-open.ts';
import { snatExhaustion } from './snat-exhaustion.ts';
import { stalePooledConnection } from './stale-pooled-connection.ts';
import { strayAckToListener } from './stray-ack-to-listener.ts';
import { synChallenged } from './syn-challenged.ts';
import { synCookies } from './syn-cookies.ts';
import { synFiltered } from './syn-filtered.ts';
import { synOlderInTimeWait } from './syn-older-in-time-wait.ts';
import { synOlderInTimeWaitRfc1337 } from './syn-older-in-time-wait-rfc1337.ts';
import { synProxy } from './syn-proxy.ts';
import { synQueueFull } from './syn-queue-full.ts';
import { synScan } from './syn-scan.ts';
import { timeWaitAssassinated } from './time-wait-assassinated.ts';
import { timeWaitAssassinatedByOldDuplicate } from './time-wait-assassinated-by-old-duplicate.ts';
import { timeWaitChurn } from './time-wait-churn.ts';
import { timeWaitKeptRfc1337 } from './time-wait-kept-rfc1337.ts';
import { timeWaitReopenedBySyn } from './time-wait-reopened-by-syn.ts';
import { tlsPlaintextMismatch } from './tls-plaintext-mismatch.ts';
import { twBucketOverflow } from './tw-bucket-overflow.ts';
import { twBucketOverflowReset } from './tw-bucket-overflow-reset.ts';
import { twRecycleNat } from './tw-recycle-nat.ts';
import { twReuseOn } from './tw-reuse-on.ts';
import { userTimeout } from './user-timeout.ts';
import { wanderingDuplicateAccepted } from './wandering-duplicate-accepted.ts';
import { wanderingDuplicateRejectedByPaws } from './wandering-duplicate-rejected-by-paws.ts';
import { zeroWindowThenUnreadClose } from './zero-window-then-unread-close.ts';
import { zeroWindowTimeout } from './zero-window-timeout.ts';

/** The catalogue, in its order: group after group as `docs/causes/README.md` lists them. */
export const CAUSES: readonly Cause[] = [
  // orderly
  finClientFirst,
  finServerFirst,
  finSimultaneous,
  finThreeSegments,
  halfCloseThenData,
  finLingeringClose,
  finByProcessKill,
  finWithLinger,
  shutdownRdIgnored,
  // app-abort
  linger0Abort,
  linger0AbortDataLost,
  linger0InCloseWait,
  linger0InLastAck,
  linger2Negative,
  lingerTimeout,
  closeWithUnreadData,
  processKillUnread,
  disconnectAfUnspec,
  resetBeforeAccept,
  peerSentAfterClose,
  peerSentAfterShutdownRdwr,
  adminKill,
  harmlessRstAfterClose,
  // app-bug
  closeWaitLeak,
  closeWaitPortReused,
  finWait2Stuck,
  // connect
  abortInSynSent,
  acceptQueueFullAbort,
  acceptQueueFullAckIgnored,
  acceptQueueFull,
  synQueueFull,
  synCookies,
  synFiltered,
  portClosed,
  firewallRejectReset,
  icmpPortUnreachable,
  icmpAdminProhibited,
  hostUnreachable,
  listenerClosedWithQueue,
  reuseportListenerClosed,
  reuseportMigrated,
  deferAccept,
  badHandshakeAck,
  badAckInSynSent,
  md5Mismatch,
  simultaneousOpen,
  synScan,
  // peer-gone
  halfOpenLeak,
  halfOpenReconnectSamePort,
  peerRestarted,
  keepaliveTimeout,
  retransmissionTimeout,
  userTimeout,
  orphanRetriesExhausted,
  strayAckToListener,
  // peer-stuck
  zeroWindowThenUnreadClose,
  zeroWindowTimeout,
  // middlebox
  keepaliveRace,
  lbIdleTimeout,
  natIdleReset,
  natIdleDrop,
  natRemapped,
  middleboxRst,
  middleboxRstVolley,
  conntrackInvalidReset,
  conntrackInvalidDropped,
  ackOfUnsentData,
  pawsDrop,
  rstChallenged,
  rstIgnored,
  synChallenged,
  // path
  pmtuBlackhole,
  pmtuDiscovered,
  pmtuProbingRecovers,
  // resources
  portExhaustion,
  portExhaustionBindFirst,
  bindAddressNoPort,
  addrinuseLiveListener,
  addrinuseTimeWait,
  reuseaddrOverTimeWait,
  orphanOverflow,
  timeWaitChurn,
  twBucketOverflow,
  twBucketOverflowReset,
  twReuseOn,
  // time-wait
  finLost,
  lastAckLost,
  lastAckLostNoTimeWait,
  finWait2Expired,
  timeWaitAssassinated,
  timeWaitKeptRfc1337,
  timeWaitAssassinatedByOldDuplicate,
  oldDuplicateInTimeWait,
  timeWaitReopenedBySyn,
  synOlderInTimeWait,
  synOlderInTimeWaitRfc1337,
  wanderingDuplicateAccepted,
  wanderingDuplicateRejectedByPaws,
  // field
  stalePooledConnection,
  rollingUpdate,
  healthCheckReset,
  clientGaveUp,
  refusedAfterAccept,
  tlsPlaintextMismatch,
  conntrackTableFull,
  snatExhaustion,
  selfConnect,
  twRecycleNat,
  fiveTupleCollision,
  lateApplicationClose,
  synProxy,
];

const BY_ID: ReadonlyMap<string, Cause> = new Map(CAUSES.map((cause) => [cause.id, cause]));

/** The cause with that public name, or undefined. */
export function causeById(id: string): Cause | undefined {
  return BY_ID.get(id);
}
