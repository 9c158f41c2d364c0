import { spawn } from 'node:child_process';
import { accessSync, constants, type Stats, statSync } from 'node:fs';
import type { Server } from 'node:http';
import { CliError, EXIT, type ExitCode, usageError } from './errors.ts';
import { printable } from './format.ts';
import { helpText } from './help.ts';
import type { CommandIo } from './io.ts';
import { makeLook } from './look.ts';
import { OPEN_OPTIONS } from './open-options.ts';
import { isPageBuilt, type PageServer, servePage } from './open-server.ts';
import { parseOptions, wholeNumber } from './options.ts';

const COMMAND = 'open';
/** The same each time where it is free, so that the page keeps its settings and its copy for offline use. */
const USUAL_PORT = 6293;

/** `lastack open [CAPTURE]`: the page on loopback, until Ctrl-C. */
export async function openCommand(argv: readonly string[], io: CommandIo): Promise<ExitCode> {
  const options = parseOptions(COMMAND, OPEN_OPTIONS, argv);
  if (options.has('help')) {
    io.out.write(helpText(COMMAND, makeLook('auto', null, io.out, io.env)));
    return EXIT.ok;
  }
  const peer = options.value('peer');
  if (options.positionals.length > 1)
    throw usageError('open takes one capture; the one of the other end is given with --peer', COMMAND);
  if (peer !== null && options.positionals.length === 0)
    throw usageError('--peer needs a first capture: lastack open CAPTURE --peer OTHER', COMMAND);
  const captures = [...options.positionals, ...(peer === null ? [] : [peer])];
  for (const capture of captures) checkFile(capture);
  if (!isPageBuilt())
    throw new CliError(EXIT.internal, 'the page has not been built', 'in a clone: npm run build:web');
  const port = options.value('port');
  const page = await serve(captures, port === null ? null : wholeNumber(COMMAND, 'port', port, 0));
  io.out.write(`${page.address}\n`);
  io.out.flush();
  if (!options.has('no-browser')) showIn(page.address, io);
  await ended(page.server, io.signal);
  return EXIT.ok;
}

function statOf(path: string): Stats | undefined {
  try {
    return statSync(path, { throwIfNoEntry: false });
  } catch (error) {
    throw new CliError(EXIT.input, `${printable(path)}: cannot be read: ${(error as Error).message}`);
  }
}

function checkFile(path: string): void {
  const stats = statOf(path);
  if (stats === undefined) throw new CliError(EXIT.input, `${printable(path)}: no such file`);
  if (!stats.isFile())
    throw new CliError(
      EXIT.input,
      `${printable(path)}: not a file (what comes through a pipe can be explained, not opened)`,
    );
  try {
    accessSync(path, constants.R_OK);
  } catch (error) {
    throw new CliError(EXIT.input, `${printable(path)}: cannot be read: ${(error as Error).message}`);
  }
}

async function serve(captures: readonly string[], port: number | null): Promise<PageServer> {
  try {
    return await servePage(captures, port ?? USUAL_PORT);
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    const taken = code === 'EADDRINUSE' || code === 'EACCES';
    if (taken && port === null) return servePage(captures, 0);
    throw new CliError(EXIT.usage, `port ${port ?? USUAL_PORT} cannot be used: ${message}`);
  }
}

/** Where there is no browser, the address that was printed is enough. */
function showIn(address: string, io: CommandIo): void {
  const [program, ...args] = opener(io);
  if (program === undefined) return;
  const child = spawn(program, [...args, address], { stdio: 'ignore', detached: true });
  child.on('error', () => {});
  child.unref();
}

function opener({ env }: CommandIo): readonly string[] {
  if (env.BROWSER !== undefined && env.BROWSER !== '') return [env.BROWSER];
  if (process.platform === 'darwin') return ['open'];
  if (process.platform === 'win32') return ['cmd', '/c', 'start', ''];
  const hasScreen = env.DISPLAY !== undefined || env.WAYLAND_DISPLAY !== undefined;
  return hasScreen ? ['xdg-open'] : [];
}

function ended(server: Server, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const close = (): void => {
      server.close(() => resolve());
      server.closeAllConnections();
    };
    if (signal.aborted) close();
    else signal.addEventListener('abort', close, { once: true });
  });
}
