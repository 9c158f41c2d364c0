import type { FilterPredicate } from '../explain/filter/index.ts';
import type { Finding, InputProblem, Summary } from '../explain/types.ts';
import { CSV_HEADER, csvLine } from './csv.ts';
import type { EndedConnection } from './engine.ts';
import type { TextOutput } from './output.ts';

/** Prints the results in one form. */
export interface Reporter {
  connection(connection: EndedConnection): void;
  finding(finding: Finding): void;
  problem(problem: InputProblem): void;
  end(summary: Summary): void;
  /** Connections that --flow or --filter chose. */
  readonly matched: number;
}

/** Which connections the user asked for: by number, by filter, or all. */
export class Selection {
  readonly flows: ReadonlySet<number>;
  readonly filter: FilterPredicate | null;
  matched: number = 0;

  constructor(flows: ReadonlySet<number>, filter: FilterPredicate | null) {
    this.flows = flows;
    this.filter = filter;
  }

  get isEverything(): boolean {
    return this.flows.size === 0 && this.filter === null;
  }

  takes(connection: EndedConnection): boolean {
    if (this.flows.size > 0 && !this.flows.has(connection.flow)) return false;
    if (this.filter !== null && !this.filter(connection.report())) return false;
    this.matched++;
    return true;
  }
}

/** `--ndjson`: one object a line as connections end, the summary last. */
export class NdjsonReporter implements Reporter {
  private readonly out: TextOutput;
  private readonly selection: Selection;

  constructor(out: TextOutput, selection: Selection) {
    this.out = out;
    this.selection = selection;
  }

  get matched(): number {
    return this.selection.matched;
  }

  connection(connection: EndedConnection): void {
    if (this.selection.takes(connection)) this.line(connection.report());
  }

  finding(finding: Finding): void {
    this.line(finding);
  }

  problem(problem: InputProblem): void {
    this.line(problem);
  }

  end(summary: Summary): void {
    this.line(summary);
  }

  private line(value: object): void {
    this.out.write(`${JSON.stringify(value)}\n`);
  }
}

const BEGIN = '{"connections":[';

/** `--json`: one document `{connections, findings, summary}`, written as it comes. */
export class JsonReporter implements Reporter {
  private readonly out: TextOutput;
  private readonly selection: Selection;
  private readonly findings: Finding[] = [];
  private first: boolean = true;

  constructor(out: TextOutput, selection: Selection) {
    this.out = out;
    this.selection = selection;
  }

  get matched(): number {
    return this.selection.matched;
  }

  connection(connection: EndedConnection): void {
    if (!this.selection.takes(connection)) return;
    this.out.write(`${this.first ? `${BEGIN}\n` : ',\n'}${JSON.stringify(connection.report())}`);
    this.first = false;
  }

  finding(finding: Finding): void {
    this.findings.push(finding);
  }

  problem(): void {
    // The summary lists them.
  }

  end(summary: Summary): void {
    const findings = this.findings.map((finding) => `\n${JSON.stringify(finding)}`).join(',');
    this.out.write(
      `${this.first ? BEGIN : ''}\n],"findings":[${findings}\n],"summary":${JSON.stringify(summary)}}\n`,
    );
  }
}

/** `--csv`: a header, then one line a connection. */
export class CsvReporter implements Reporter {
  private readonly out: TextOutput;
  private readonly selection: Selection;

  constructor(out: TextOutput, selection: Selection) {
    this.out = out;
    this.selection = selection;
    out.write(CSV_HEADER);
  }

  get matched(): number {
    return this.selection.matched;
  }

  connection(connection: EndedConnection): void {
    if (this.selection.takes(connection)) this.out.write(csvLine(connection.report()));
  }

  finding(): void {
    // One line a connection: verdicts about several have no place in the table.
  }

  problem(): void {}

  end(): void {}
}
