import type { ConnectionEnding, EndReport, LadderStep, Summary } from '../../src/explain/types.ts';

/** Hand-made endings for tests of what prints them. */

export const START = 1_700_000_000;

export function endReport(over: Partial<EndReport> = {}): EndReport {
  return {
    segments: 3,
    syns: 1,
    bytes: 10,
    bytesAcked: 10,
    retransmissions: 0,
    retransmittedBytes: 0,
    outOfOrder: 0,
    duplicateAcks: 0,
    zeroWindows: 0,
    zeroWindowSeconds: 0,
    keepaliveProbes: 0,
    fins: 0,
    resets: 0,
    closeWaitSeconds: null,
    finWait2Seconds: null,
    options: {
      mss: 1460,
      windowScale: 7,
      sackPermitted: true,
      timestamps: true,
      fastOpen: false,
      mptcp: false,
    },
    hopLimit: 64,
    initialHopLimit: 64,
    applicationSees: null,
    ...over,
  };
}

/** A ladder step at `ms` milliseconds after the start. */
export function step(
  packet: number,
  ms: number,
  from: LadderStep['from'],
  flags: string,
  over: Partial<LadderStep> = {},
): LadderStep {
  return {
    packet,
    at: START + ms / 1000,
    from,
    flags,
    seq: 1,
    ack: flags.includes('ACK') ? 1 : null,
    length: 0,
    window: 64240,
    notes: [],
    clientState: 'ESTABLISHED',
    serverState: 'ESTABLISHED',
    decisive: false,
    skipped: 0,
    ...over,
  };
}

export const ARTICLE_LADDER: readonly LadderStep[] = [
  step(1, 0, 'client', 'SYN', { seq: 0, clientState: 'SYN-SENT', serverState: 'LISTEN' }),
  step(2, 12, 'server', 'SYN, ACK', { seq: 0, ack: 1, clientState: 'SYN-SENT', serverState: 'SYN-RECEIVED' }),
  step(3, 12.1, 'client', 'ACK', { serverState: 'SYN-RECEIVED' }),
  step(4, 15, 'client', 'PSH, ACK', { length: 10 }),
  step(5, 27, 'server', 'ACK', { ack: 11, window: 5840 }),
  step(6, 30, 'server', 'PSH, ACK', { ack: 11, length: 11, window: 5840 }),
  step(9, 4230, 'client', 'RST, ACK', {
    seq: 11,
    ack: 12,
    window: 0,
    decisive: true,
    skipped: 1,
    notes: ['form A'],
    clientState: 'CLOSED',
    serverState: 'CLOSED',
  }),
];

/** A connection reset by its client, as in the article that the project began from. */
export function ending(over: Partial<ConnectionEnding> = {}): ConnectionEnding {
  return {
    type: 'connection',
    flow: 7,
    client: { address: '172.30.22.108', port: 5000 },
    server: { address: '172.25.34.90', port: 8080 },
    start: START,
    end: START + 4.23,
    packets: 8,
    firstPacket: 1,
    lastPacket: 9,
    opening: 'handshake',
    firstCloser: 'client',
    closeKind: 'rst',
    closeForm: null,
    rstSender: 'client',
    rstForm: 'A',
    timeWait: null,
    timeWaitUntil: null,
    states: {
      client: [
        { state: 'SYN-SENT', at: START },
        { state: 'ESTABLISHED', at: START + 0.012 },
        { state: 'CLOSED', at: START + 4.23 },
      ],
      server: [
        { state: 'SYN-RECEIVED', at: START + 0.012 },
        { state: 'ESTABLISHED', at: START + 0.0121 },
        { state: 'CLOSED', at: START + 4.23 },
      ],
    },
    ends: {
      client: endReport({ resets: 1 }),
      server: endReport({ bytes: 11, bytesAcked: 11, applicationSees: 'ECONNRESET', hopLimit: 57 }),
    },
    rtt: 0.012,
    longestIdle: 4.2,
    capturedAt: 'client',
    notes: [],
    verdict: {
      cause: 'linger0-abort',
      confidence: 0.62,
      alternatives: ['close-with-unread-data', 'admin-kill'],
      evidence: [
        {
          packet: 9,
          at: START + 4.23,
          shows:
            'RST with ACK at the exact next sequence number (form A): a live socket of the client aborted',
        },
        { packet: 6, at: START + 0.03, shows: "the server's last 11 bytes, acknowledged by this RST only" },
      ],
      remedy:
        'The sender set SO_LINGER {on, 0} (or its runtime did: resetAndDestroy, setLinger(true,0), SO_LINGER in a proxy). Remove it, or shut down and read EOF before close; it only trades TIME_WAIT for lost data.',
      wouldSettle: [
        'TcpExtTCPAbortOnClose on 172.30.22.108: it grows with unread data only',
        '"lastack watch" on 172.30.22.108',
      ],
      story:
        'The client sent 10 bytes and the server answered with 11. 4.2 s later the client tore the connection down with an RST instead of a FIN: the kernel does this when the application asks for it.',
      reason: null,
    },
    ladder: ARTICLE_LADDER,
    ...over,
  };
}

export function summary(over: Partial<Summary> = {}): Summary {
  return {
    type: 'summary',
    packets: 24,
    bytes: 3400,
    tcpPackets: 24,
    connections: 2,
    start: START,
    end: START + 5,
    closeKinds: { rst: 1, fin: 1 },
    causes: [
      { cause: 'linger0-abort', connections: 1 },
      { cause: 'fin-client-first', connections: 1 },
    ],
    problems: [],
    partial: false,
    ...over,
  };
}
