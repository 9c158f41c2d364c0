import { formatAddress, formatEndpoint } from '../wire/index.ts';
import type { Severity } from './causes/cause.ts';
import type { Diagnosis } from './diagnosis.ts';
import { closerName, senderName } from './outcome.ts';
import { type Outline, outlineOf } from './outline.ts';
import { buildReport } from './report/report.ts';
import type { Connection } from './track/connection.ts';
import type { LogArena } from './track/log.ts';
import type { CloseKind, ConnectionEnding, End } from './types.ts';

/**
 * A connection whose verdict is final: cheap fields for counting and choosing, and `report()` for the whole typed
 * object. Valid only while the callback that got it runs.
 */
export class ConnectionView {
  private readonly connection: Connection;
  private readonly diagnosis: Diagnosis;
  private readonly arena: LogArena;

  constructor(connection: Connection, diagnosis: Diagnosis, arena: LogArena) {
    this.connection = connection;
    this.diagnosis = diagnosis;
    this.arena = arena;
  }

  get flow(): number {
    return this.connection.flow;
  }

  get causeId(): string | null {
    return this.diagnosis.cause?.id ?? null;
  }

  get severity(): Severity {
    return this.diagnosis.cause?.severity ?? 'note';
  }

  get confidence(): number {
    return this.diagnosis.confidence;
  }

  get closeKind(): CloseKind {
    return this.diagnosis.case.o.closeKind;
  }

  get firstCloser(): End | 'both' | null {
    return closerName(this.diagnosis.case.o.firstCloser);
  }

  get rstSender(): End | 'middlebox' | null {
    return senderName(this.diagnosis.case.o.rstSender);
  }

  get clientAddress(): string {
    return formatAddress(this.connection.family, this.connection.client.address);
  }

  /** `address:port` of the server, IPv6 in brackets. */
  get serverEndpoint(): string {
    const { family, server } = this.connection;
    return formatEndpoint(family, server.address, server.port);
  }

  get packets(): number {
    return this.connection.packets;
  }

  /** Seconds since the epoch. */
  get end(): number {
    return this.connection.lastUs / 1e6;
  }

  /** What a table shows of it. */
  outline(): Outline {
    return outlineOf(this.connection, this.diagnosis);
  }

  /** Builds the whole typed object: costs microseconds, so only for connections that are shown. */
  report(): ConnectionEnding {
    return buildReport(this.connection, this.diagnosis, this.arena.segments(this.connection.log));
  }
}
