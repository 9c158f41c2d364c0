import { CAUSES_OPTIONS } from './causes-options.ts';
import { DRILL_OPTIONS } from './drill-options.ts';
import { LAB_OPTIONS, REMEDY_OPTIONS } from './lab-options.ts';
import { OPEN_OPTIONS } from './open-options.ts';
import type { OptionSpec } from './options.ts';
import { PRESSURE_OPTIONS } from './pressure-options.ts';
import { REPRODUCE_OPTIONS } from './reproduce-options.ts';
import { EXPLAIN_OPTIONS } from './settings.ts';

/** The help on one command. */
export interface HelpPage {
  readonly usage: readonly string[];
  readonly about: string;
  readonly options: readonly OptionSpec[];
  readonly examples: readonly (readonly [command: string, what: string])[];
}

export const HELP_PAGES: Readonly<Record<string, HelpPage>> = {
  explain: {
    usage: ['lastack explain FILE... | -'],
    about:
      'Reads captures (pcap or pcapng, also gzip or zstd; "-" is standard input) and tells of each TCP connection who ended it, how, through which states, and why. Several files are read as the parts of one capture, in the order given.',
    options: EXPLAIN_OPTIONS,
    examples: [
      ['lastack explain trace.pcapng', 'the summary, then what is notable'],
      ['lastack explain trace.pcapng --flow 7', 'one connection in every detail'],
      ["lastack explain big.pcap.gz --filter 'cause=keepalive-race duration>5s'", ''],
      ['lastack explain client.pcap --peer server.pcap', 'both ends of the same traffic'],
      ['tcpdump -i eth0 -U -w - tcp | lastack explain - --ndjson', 'live, one object a line'],
    ],
  },
  causes: {
    usage: ['lastack causes [ID | WORD]'],
    about:
      'Without an argument: every cause that lastack knows, by group. With the id of one: what happens, how it is recognised, what to change, and what would settle it. With any other word: the causes whose id or text contains it.',
    options: CAUSES_OPTIONS,
    examples: [
      ['lastack causes', 'the whole list'],
      ['lastack causes linger0-abort', 'one in detail'],
      ['lastack causes nat', 'those with "nat" in their text'],
    ],
  },
  lab: {
    usage: ['lastack lab [NAME]', 'lastack lab remedy'],
    about:
      'Without a name: the scenarios. With one: it is run on our own TCP in a simulated network, in virtual time, and told: what passed and the states of both ends, the socket tables, what each application got, and what explain says of the capture. "lastack lab NAME --help" lists the parameters of one. "lastack lab remedy" measures what each remedy for port exhaustion brings and costs.',
    options: LAB_OPTIONS,
    examples: [
      ['lastack lab', 'the list'],
      ['lastack lab last-ack-lost --set time-wait=off', 'one scenario with one parameter changed'],
      ['lastack lab wandering-duplicate --pcap out.pcapng', 'the packets, for explain or Wireshark'],
      ['lastack lab port-exhaustion --set rate=400 --json', ''],
      ['lastack lab remedy --rate 1000 --closer client', 'a table of remedies, measured'],
    ],
  },
  drill: {
    usage: ['lastack drill PATH...'],
    about:
      'Runs scripts of packetdrill, in the dialects of google and of nplab, on our own TCP in virtual time: no root, no kernel, no waiting. A folder means all *.pkt below it. Of each script that does not pass, the first line that went wrong is shown with what was expected and what came; a script that wants what cannot be tested here is unsupported.',
    options: DRILL_OPTIONS,
    examples: [
      ['lastack drill test/drill', 'all scripts of a folder'],
      ['lastack drill tcp-testsuite --profile freebsd --jobs 4', "FreeBSD's suite"],
      ['lastack drill close.pkt --trace --tap out.pcapng', 'one script, with its packets'],
      ['lastack drill close.pkt --mutate', 'does each expectation of the script count?'],
      ['lastack drill close.pkt -D LINGER=5 --json', 'with a value for LINGER; everything as JSON'],
    ],
  },
  pressure: {
    usage: ['lastack pressure FILE... | -'],
    about:
      'Of each client address and destination: connections opened and closed per second, who is left in TIME-WAIT and how many are alive over time, the share of the ephemeral ports they hold, when the ports run out at this rate, ports used again within 2MSL; and ends that stay in CLOSE-WAIT or FIN-WAIT-2.',
    options: PRESSURE_OPTIONS,
    examples: [
      ['lastack pressure trace.pcapng', 'the five pairs with most TIME-WAITs'],
      ['lastack pressure --ports 1024-65535 --msl 60 trace.pcap', 'another range, another system'],
      ['lastack pressure --csv trace.pcap > series.csv', 'the series, for a plot'],
      ['lastack lab port-exhaustion --pcap out.pcapng; lastack pressure out.pcapng', 'an example'],
    ],
  },
  reproduce: {
    usage: ['lastack reproduce FILE --flow N'],
    about:
      'Turns a connection of a capture into a packetdrill script: one end is played by our TCP, which does what that end was seen to do, and the script sends what the other end sent. It is run, and its ending compared: who closed, how, through which states, with which form of RST. The script runs again with lastack drill, and on a kernel with packetdrill.',
    options: REPRODUCE_OPTIONS,
    examples: [
      [
        'lastack reproduce trace.pcapng --flow 7 > case.pkt',
        'the script; whether it ends the same way is told beside',
      ],
      ['lastack drill case.pkt --trace', 'runs it'],
      ['lastack reproduce trace.pcapng --flow 7 --end server', 'the other side of it'],
    ],
  },
  open: {
    usage: ['lastack open [CAPTURE]'],
    about:
      'Serves the page on loopback, prints its address and shows it in the browser, until Ctrl-C. The page analyses captures itself, runs the lab, and lists the causes. Nothing leaves this machine.',
    options: OPEN_OPTIONS,
    examples: [
      ['lastack open', 'the page; drop captures on it'],
      ['lastack open trace.pcapng', 'with a capture'],
      ['lastack open client.pcap --peer server.pcap', 'both ends of the same traffic'],
    ],
  },
  'lab remedy': {
    usage: ['lastack lab remedy'],
    about:
      'Runs a workload once for each remedy against port exhaustion, on our own TCP over a simulated path, and prints what was measured: connections a second that are sustained, sockets in TIME-WAIT, failures, resets that applications saw, bytes lost, and old segments that were accepted in a later connection.',
    options: REMEDY_OPTIONS,
    examples: [
      ['lastack lab remedy', 'the standard workload'],
      ['lastack lab remedy --rate 600 --ports 28232 --rtt 2ms --loss 0', 'a clean short path'],
      ['lastack lab remedy --closer server --loss 2% --duplicate 2% --json', ''],
    ],
  },
};
