import type { CloseKind } from '../explain/types.ts';
import type { CatalogueEntry, Severity } from './engine.ts';

/** The catalogue of causes by id. */
export class Catalogue {
  readonly entries: readonly CatalogueEntry[];
  private readonly byId: ReadonlyMap<string, CatalogueEntry>;

  constructor(entries: readonly CatalogueEntry[]) {
    this.entries = entries;
    this.byId = new Map(entries.map((entry) => [entry.id, entry]));
  }

  get(id: string): CatalogueEntry | undefined {
    return this.byId.get(id);
  }

  title(id: string): string {
    return this.byId.get(id)?.title ?? '';
  }

  /** Without a cause, the way it ended tells how much it matters. */
  severity(causeId: string | null, kind: CloseKind): Severity {
    const entry = causeId === null ? undefined : this.byId.get(causeId);
    if (entry !== undefined) return entry.severity;
    if (kind === 'fin' || kind === 'open') return 'ok';
    return kind === 'half-closed' ? 'note' : 'warning';
  }
}
