/** What `lastack pressure` tells. Times are seconds since the epoch, spans seconds. */
export interface PressureReport {
  readonly type: 'pressure';
  readonly start: number | null;
  readonly end: number | null;
  readonly connections: number;
  /** How long TIME-WAIT lasts. */
  readonly twoMslSeconds: number;
  /** The ephemeral range, both ends included. */
  readonly ports: { readonly from: number; readonly to: number; readonly count: number };
  /** Width of one value of the series. */
  readonly bucketSeconds: number;
  /** Those with most TIME-WAITs first. */
  readonly pairs: readonly PairReport[];
  /** Pairs beyond the first 512, which are not followed. */
  readonly omittedPairs: number;
  readonly stays: readonly StayReport[];
}

/** Connections of one client address to one address and port. */
export interface PairReport {
  readonly client: string;
  readonly server: string;
  readonly connections: number;
  /** Never established. */
  readonly failed: number;
  readonly openedPerSecond: Rate;
  readonly closedPerSecond: Rate;
  readonly meanLifetimeSeconds: number | null;
  /** Who was left in TIME-WAIT how often. */
  readonly timeWaitBy: { readonly client: number; readonly server: number };
  readonly clientTimeWait: Level;
  readonly serverTimeWait: Level;
  /** Open or in TIME-WAIT at the client: these hold an ephemeral port each. */
  readonly portsHeld: Level;
  /** Of the ephemeral range, at most. */
  readonly portsShare: number;
  readonly lowestPort: number;
  readonly highestPort: number;
  readonly reuse: { readonly withinTwoMsl: number; readonly soonestSeconds: number | null };
  readonly forecast: Forecast;
  readonly series: {
    readonly opened: readonly number[];
    readonly closed: readonly number[];
    readonly clientTimeWait: readonly number[];
    readonly serverTimeWait: readonly number[];
    readonly portsHeld: readonly number[];
  };
}

export interface Rate {
  readonly mean: number;
  readonly peak: number;
}

export interface Level {
  readonly peak: number;
  readonly peakAt: number | null;
  readonly atEnd: number;
}

/** What comes of it if connections go on at this rate. */
export interface Forecast {
  /** Connections opened per second, over the last 2MSL, or before the ports were used up. */
  readonly rate: number;
  /** The rate from which on ports run out: range / (share that leaves the client in TIME-WAIT x 2MSL + lifetime). */
  readonly beginsAt: number;
  /** The rate from which on more than half of the connects fail. */
  readonly halfFailAt: number;
  /** When the ports are all held: seconds since the epoch; null: never, at this rate. */
  readonly exhaustedAt: number | null;
  /** True where the capture shows it, false where it is yet to come. */
  readonly observed: boolean;
  /** Connects that succeed in the long run. */
  readonly success: number;
}

/** Ends that wait for an application to close. */
export interface StayReport {
  readonly state: 'CLOSE-WAIT' | 'FIN-WAIT-2';
  readonly where: string;
  /** Still there when the capture ended, and the oldest of them. */
  readonly still: number;
  readonly oldestSeconds: number | null;
  /** Left meanwhile, and the longest stay of them. */
  readonly left: number;
  readonly longestSeconds: number | null;
}
