import { Complaint } from '../calls/value.ts';
import { parseCode, type Statement } from './parse.ts';
import { isTrue, type PyValue, shown } from './values.ts';

/** What a script's code knows: what it set itself, and the members of struct tcp_info at that moment. */
export interface Scope {
  readonly own: Map<string, PyValue>;
  readonly given: ReadonlyMap<string, number>;
}

/** Runs a piece of code: what is wrong, or null. What one piece sets, the next one of the same run reads. */
export interface Code {
  readonly run: (scope: Scope) => string | null;
  readonly asserts: number;
  /** The same code with the opposite of one of its assertions. */
  readonly denying: (assert: number) => Code;
}

/** Reads a piece of code; `problem` makes the error for what cannot be read. */
export function compileCode(text: string, problem: (message: string) => Error): Code {
  return codeOf(parseCode(text, problem));
}

function codeOf(statements: readonly Statement[]): Code {
  return {
    run: (scope) => run(statements, scope),
    asserts: countAsserts(statements),
    denying: (assert) => codeOf(denied(statements, assert)),
  };
}

function countAsserts(statements: readonly Statement[]): number {
  return statements.reduce((sum, statement) => {
    if (statement.kind === 'if') return sum + countAsserts(statement.body);
    return statement.kind === 'assert' ? sum + 1 : sum;
  }, 0);
}

function denied(statements: readonly Statement[], assert: number): Statement[] {
  let before = assert;
  return statements.map((statement) => {
    const at = before;
    if (statement.kind === 'if') {
      before -= countAsserts(statement.body);
      return { ...statement, body: denied(statement.body, at) };
    }
    if (statement.kind !== 'assert') return statement;
    before--;
    const { condition } = statement;
    return at === 0 ? { ...statement, condition: (scope) => Number(!isTrue(condition(scope))) } : statement;
  });
}

/** Null where all is well; otherwise the assertion that does not hold. */
function run(statements: readonly Statement[], scope: Scope): string | null {
  for (const statement of statements) {
    switch (statement.kind) {
      case 'set':
        scope.own.set(statement.name, statement.value(scope));
        break;
      case 'value':
        statement.value(scope);
        break;
      case 'if': {
        if (!isTrue(statement.condition(scope))) break;
        const problem = run(statement.body, scope);
        if (problem !== null) return problem;
        break;
      }
      case 'assert': {
        if (isTrue(statement.condition(scope))) break;
        const message = statement.message === null ? '' : `: ${shown(statement.message(scope))}`;
        return `assert ${statement.text}${message}`;
      }
    }
  }
  return null;
}

/** The value of a name. Throws a `Complaint` where nobody knows it. */
export function lookUp(scope: Scope, name: string): PyValue {
  const value = scope.own.get(name) ?? scope.given.get(name);
  if (value === undefined) throw new Complaint('unsupported', `the variable ${name}`);
  return value;
}
