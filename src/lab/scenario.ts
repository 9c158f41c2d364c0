import type { Lab } from './lab.ts';
import type { AnyValues, Parameters, Values } from './values.ts';

/** One experiment. To add one: a file in scenarios/ and a line in its index. */
export interface Scenario {
  /** As in `lastack lab NAME`. */
  readonly name: string;
  readonly title: string;
  /** What is done, what is to be seen and why. */
  readonly story: string;
  /** Causes of the catalogue that it provokes, with one setting or another. */
  readonly causes: readonly string[];
  readonly parameters: Parameters;
  /**
   * Causes of which `explain` must name one, given these values: first or among the alternatives, of a connection or in a
   * finding. What leaves nothing on the wire (an `EADDRNOTAVAIL`) is expected by what surrounds it there.
   */
  readonly expects: (values: AnyValues) => readonly string[];
  /** The same for a capture at one end alone, where it is not as telling; none: nothing of it shows there. */
  readonly expectsAt?: (values: AnyValues, end: 'client' | 'server') => readonly string[];
  readonly build: (lab: Lab, values: AnyValues) => void;
}

interface Definition<P extends Parameters> {
  readonly name: string;
  readonly title: string;
  readonly story: string;
  readonly causes: readonly string[];
  readonly parameters: P;
  readonly expects: (values: Values<P>) => readonly string[];
  readonly expectsAt?: (values: Values<P>, end: 'client' | 'server') => readonly string[];
  readonly build: (lab: Lab, values: Values<P>) => void;
}

/** Gives `build` and `expects` their values by name and type. */
export function scenario<const P extends Parameters>(definition: Definition<P>): Scenario {
  const { expects, expectsAt, build, ...rest } = definition;
  return {
    ...rest,
    expects: (values) => expects(values as Values<P>),
    ...(expectsAt && { expectsAt: (values, end) => expectsAt(values as Values<P>, end) }),
    build: (lab, values) => build(lab, values as Values<P>),
  };
}
