/** The program from its sources, for tests that need a process of its own. */
import { main } from '../../src/cli/main.ts';

await main();
