import { Complaint } from '../calls/value.ts';
import { parseCode, type Statement } from './parse.ts';
import { isTrue, type PyValue, shown } from './values.ts';

/** What a script's code knows: what it set itself, and the members of struct tcp_info at that moment. */
export interface Scope {
  readonly own: Map<string, PyValue>;
  readonly given: ReadonlyMap<string, number>;
}

/** The code of one script: what one piece sets, the next one reads. */
export class GlobalCode {
  readonly #own: Map<string, PyValue> = new Map();

  /** Reads a piece of code; `problem` makes the error for what cannot be read. */
  compile(
    text: string,
    problem: (message: string) => Error,
  ): (variables: ReadonlyMap<string, number>) => string | null {
    const statements = parseCode(text, problem);
    return (given) => run(statements, { own: this.#own, given });
  }
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
