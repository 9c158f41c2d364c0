import type { ConnectionEnding, Finding, Summary } from '../explain/types.ts';
import { type BlockContext, renderBlock, renderHeader } from './block.ts';
import type { EndedConnection } from './engine.ts';
import { folded } from './fold.ts';
import { countText, plural } from './format.ts';
import { type Group, Groups } from './groups.ts';
import { renderLadder } from './ladder.ts';
import { joined } from './look.ts';
import type { TextOutput } from './output.ts';
import type { Reporter, Selection } from './report.ts';
import { renderFinding, renderMore, renderScan, renderSummary, summaryLine } from './summary-text.ts';

export interface TextOptions {
  /** Name of the input, for the summary. */
  readonly name: string;
  /** How many blocks at most. */
  readonly limit: number;
  /** Orderly endings too, each with a block of its own. */
  readonly all: boolean;
  /** Header and ladder only. */
  readonly ladderOnly: boolean;
  /** The summary line only. */
  readonly quiet: boolean;
  /** Blocks as connections end, the summary last. */
  readonly streaming: boolean;
}

const MAX_FINDINGS = 100;

/** For people: the summary first, then a block for each sort of notable connection. Memory stays bounded. */
export class TextReporter implements Reporter {
  private readonly out: TextOutput;
  private readonly selection: Selection;
  private readonly context: BlockContext;
  private readonly options: TextOptions;
  private readonly groups: Groups;
  /** With --flow: the chosen ones, by number. */
  private readonly chosen = new Map<number, ConnectionEnding>();
  private readonly findings: Finding[] = [];
  private findingCount: number = 0;

  constructor(out: TextOutput, selection: Selection, context: BlockContext, options: TextOptions) {
    this.out = out;
    this.selection = selection;
    this.context = context;
    this.options = options;
    this.groups = new Groups(context.catalogue);
  }

  get matched(): number {
    return this.selection.matched;
  }

  connection(connection: EndedConnection): void {
    if (!this.selection.takes(connection) || this.options.quiet) return;
    if (this.selection.flows.size > 0 && !this.options.streaming) {
      this.chosen.set(connection.flow, connection.report());
    } else if (this.isShown(connection)) {
      if (this.options.streaming) this.print([...this.block(connection.report()), '']);
      else this.groups.add(connection);
    }
  }

  finding(finding: Finding): void {
    this.findingCount++;
    if (this.findings.length < MAX_FINDINGS) this.findings.push(finding);
  }

  problem(): void {
    // The command prints problems on standard error.
  }

  end(summary: Summary): void {
    if (this.options.quiet) this.print([summaryLine(this.options.name, summary, this.context)]);
    else if (this.selection.flows.size > 0) this.printChosen();
    else this.printAll(summary);
  }

  /** What the user asked for by a filter is shown however it ended; otherwise only what is notable. */
  private isShown(connection: EndedConnection): boolean {
    if (this.options.all || !this.selection.isEverything) return true;
    return this.context.catalogue.severity(connection.causeId, connection.closeKind) !== 'ok';
  }

  private printChosen(): void {
    const flows = [...this.chosen.keys()].sort((a, b) => a - b);
    for (const [index, flow] of flows.entries()) {
      if (index > 0) this.print(['']);
      this.print(this.block(this.chosen.get(flow)!));
    }
  }

  private printAll(summary: Summary): void {
    if (!this.options.ladderOnly) {
      this.print(renderSummary(this.options.name, summary, this.context));
      if (this.selection.filter !== null) this.print(['', `  ${matchText(this.selection.matched)}`]);
    }
    const groups = this.options.streaming ? [] : this.groups.ranked();
    const shown = groups.slice(0, this.options.limit);
    if (!this.options.ladderOnly) this.printFindings(shown);
    this.printGroups(shown);
    this.printRest(groups.slice(shown.length));
  }

  /** A finding that says of a group what its block says of one connection is told there. */
  private printFindings(groups: readonly Group[]): void {
    const told = new Set(groups.map((group) => this.findingOf(group)));
    const own = this.findings.filter((finding) => !told.has(finding));
    const shown = own.slice(0, this.options.limit);
    for (const finding of shown) this.print(['', ...renderFinding(finding, this.context)]);
    const hidden = this.findingCount - (this.findings.length - own.length) - shown.length;
    if (hidden > 0) this.print(['', `${plural(hidden, 'further finding')}: see --ndjson`]);
  }

  private findingOf(group: Group): Finding | undefined {
    return this.findings.find(
      (finding) =>
        finding.cause === group.causeId && group.flows.some((flow) => finding.connections.includes(flow)),
    );
  }

  private printGroups(groups: readonly Group[]): void {
    for (const group of groups) {
      const story = this.findingOf(group)?.story ?? null;
      if (group.scanner !== null) this.print(['', ...renderScan(group, story, this.context)]);
      else if (this.options.ladderOnly) this.print(['', ...this.block(group.exemplar)]);
      else this.print(['', ...this.block(group.exemplar), ...renderMore(group, story, this.context)]);
    }
  }

  private printRest(hidden: readonly Group[]): void {
    if (hidden.length === 0 || this.options.ladderOnly) return;
    const connections = plural(
      hidden.reduce((sum, group) => sum + group.count, 0),
      'connection',
    );
    const limit = this.options.limit + hidden.length;
    const note = `${plural(hidden.length, 'further sort')} of ending (${connections}) not shown: --limit ${limit} shows all sorts, --all every connection`;
    this.print(['', this.context.look.paint.as(note, 'dim')]);
  }

  private block(ending: ConnectionEnding): string[] {
    const { look, clock } = this.context;
    const details = this.selection.flows.size > 0;
    if (!this.options.ladderOnly) return renderBlock(ending, this.context, details);
    const ladder = details ? ending : folded(ending);
    return [...renderHeader(ending, this.context), ...renderLadder(ladder, look, clock)];
  }

  private print(lines: readonly string[]): void {
    this.out.write(joined(lines, this.context.look));
    if (this.options.streaming) this.out.flush();
  }
}

function matchText(n: number): string {
  return n === 1 ? '1 connection matches the filter' : `${countText(n)} connections match the filter`;
}
