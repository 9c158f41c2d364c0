import { FILTER_FIELDS } from '../explain/filter/index.ts';
import { DRILL_OPTIONS } from './drill-options.ts';
import { paragraph } from './format.ts';
import { LAB_OPTIONS, REMEDY_OPTIONS } from './lab-options.ts';
import type { Look } from './look.ts';
import { OPEN_OPTIONS } from './open-options.ts';
import type { OptionSpec } from './options.ts';
import { PRESSURE_OPTIONS } from './pressure-options.ts';
import { REPRODUCE_OPTIONS } from './reproduce-options.ts';
import { EXPLAIN_OPTIONS } from './settings.ts';

export const CAUSES_OPTIONS: readonly OptionSpec[] = [
  { name: 'json', describes: 'the entries as JSON' },
  { name: 'color', value: 'WHEN', describes: 'auto, always or never (auto)' },
  {
    name: 'width',
    value: 'COLUMNS',
    describes: 'width of the text, 60 to 160 (that of the terminal, or 100)',
  },
  { name: 'help', short: 'h', describes: 'this help' },
];

export const COMMANDS: readonly string[] = [
  'explain',
  'pressure',
  'causes',
  'lab',
  'drill',
  'reproduce',
  'open',
  'help',
];
export const TOPICS: readonly string[] = [
  'explain',
  'pressure',
  'causes',
  'lab',
  'drill',
  'reproduce',
  'open',
  'filter',
];

export const EXIT_CODES: readonly (readonly [number, string])[] = [
  [0, 'done (also when the reader of the output went away, as with "| head")'],
  [1, 'no connection matched --flow or --filter; no such cause or scenario; a script of drill did not pass'],
  [2, 'mistake in the command line, or a Node.js too old'],
  [3, 'an input is missing, not readable, empty or not a capture'],
  [4, 'an input is damaged or cut off; results from the rest were printed'],
  [70, 'a fault of lastack itself'],
  [130, 'interrupted (Ctrl-C); what was known by then was printed'],
];

/** The help text of a topic: null is the overview. */
export function helpText(topic: string | null, look: Look): string {
  const lines =
    topic === 'explain'
      ? explainHelp(look)
      : topic === 'causes'
        ? causesHelp(look)
        : topic === 'filter'
          ? filterHelp(look)
          : topic === 'lab'
            ? labHelp(look)
            : topic === 'lab remedy'
              ? remedyHelp(look)
              : topic === 'drill'
                ? drillHelp(look)
                : topic === 'pressure'
                  ? pressureHelp(look)
                  : topic === 'reproduce'
                    ? reproduceHelp(look)
                    : topic === 'open'
                      ? openHelp(look)
                      : overview(look);
  return `${lines.join('\n')}\n`;
}

function overview(look: Look): string[] {
  return [
    'lastack tells why a TCP connection ended the way it did.',
    '',
    ...heading('Usage', look),
    ...rows(
      [
        ['lastack explain FILE... | -', 'how and why each connection of a capture ended'],
        ['lastack pressure FILE...', 'ports and TIME-WAIT: who holds them, and when they run out'],
        ['lastack causes [ID]', 'the causes it knows; one in detail, or a search'],
        ['lastack lab [NAME]', 'a cause provoked on our own TCP in a simulated network, and told'],
        ['lastack drill PATH...', 'packetdrill scripts on our own TCP, in virtual time'],
        ['lastack reproduce FILE', 'a connection of a capture as a script that ends the same way on our TCP'],
        [
          'lastack open [CAPTURE]',
          'the page in a browser: captures, the lab and the causes, all on this machine',
        ],
        [
          'lastack help [COMMAND]',
          'help on explain, pressure, causes, lab, drill, reproduce, open, or the filter language (help filter)',
        ],
        ['lastack --version', 'the version'],
      ],
      look,
    ),
    '',
    ...heading('Examples', look),
    ...rows(
      [
        ['lastack explain trace.pcapng', ''],
        ["lastack explain trace.pcapng --filter 'rst!=none and port=443'", ''],
        ['tcpdump -i eth0 -w - tcp | lastack explain -', ''],
        ['lastack causes keepalive-race', ''],
      ],
      look,
    ),
    '',
    ...exitCodes(look),
  ];
}

function explainHelp(look: Look): string[] {
  return [
    'lastack explain FILE... | -',
    '',
    ...paragraph(
      'Reads captures (pcap or pcapng, also gzip or zstd; "-" is standard input) and tells of each TCP connection who ended it, how, through which states, and why. Several files are read as the parts of one capture, in the order given.',
      '',
      look.width,
    ),
    '',
    ...heading('Options', look),
    ...optionRows(EXPLAIN_OPTIONS, look),
    '',
    ...heading('Examples', look),
    ...rows(
      [
        ['lastack explain trace.pcapng', 'the summary, then what is notable'],
        ['lastack explain trace.pcapng --flow 7', 'one connection in every detail'],
        ["lastack explain big.pcap.gz --filter 'cause=keepalive-race duration>5s'", ''],
        ['lastack explain client.pcap --peer server.pcap', 'both ends of the same traffic'],
        ['tcpdump -i eth0 -U -w - tcp | lastack explain - --ndjson', 'live, one object a line'],
      ],
      look,
    ),
    '',
    ...exitCodes(look),
  ];
}

function causesHelp(look: Look): string[] {
  return [
    'lastack causes [ID | WORD]',
    '',
    ...paragraph(
      'Without an argument: every cause that lastack knows, by group. With the id of one: what happens, how it is recognised, what to change, and what would settle it. With any other word: the causes whose id or text contains it.',
      '',
      look.width,
    ),
    '',
    ...heading('Options', look),
    ...optionRows(CAUSES_OPTIONS, look),
    '',
    ...heading('Examples', look),
    ...rows(
      [
        ['lastack causes', 'the whole list'],
        ['lastack causes linger0-abort', 'one in detail'],
        ['lastack causes nat', 'those with "nat" in their text'],
      ],
      look,
    ),
  ];
}

function labHelp(look: Look): string[] {
  return [
    'lastack lab [NAME]',
    'lastack lab remedy',
    '',
    ...paragraph(
      'Without a name: the scenarios. With one: it is run on our own TCP in a simulated network, in virtual time, and told: what passed and the states of both ends, the socket tables, what each application got, and what explain says of the capture. "lastack lab NAME --help" lists the parameters of one. "lastack lab remedy" measures what each remedy for port exhaustion brings and costs.',
      '',
      look.width,
    ),
    '',
    ...heading('Options', look),
    ...optionRows(LAB_OPTIONS, look),
    '',
    ...heading('Examples', look),
    ...rows(
      [
        ['lastack lab', 'the list'],
        ['lastack lab last-ack-lost --set time-wait=off', 'one scenario with one parameter changed'],
        ['lastack lab wandering-duplicate --pcap out.pcapng', 'the packets, for explain or Wireshark'],
        ['lastack lab port-exhaustion --set rate=400 --json', ''],
        ['lastack lab remedy --rate 1000 --closer client', 'a table of remedies, measured'],
      ],
      look,
    ),
    '',
    ...exitCodes(look),
  ];
}

function drillHelp(look: Look): string[] {
  return [
    'lastack drill PATH...',
    '',
    ...paragraph(
      'Runs scripts of packetdrill, in the dialects of google and of nplab, on our own TCP in virtual time: no root, no kernel, no waiting. A folder means all *.pkt below it. Of each script that does not pass, the first line that went wrong is shown with what was expected and what came; a script that wants what cannot be tested here is unsupported.',
      '',
      look.width,
    ),
    '',
    ...heading('Options', look),
    ...optionRows(DRILL_OPTIONS, look),
    '',
    ...heading('Examples', look),
    ...rows(
      [
        ['lastack drill test/drill', 'all scripts of a folder'],
        ['lastack drill tcp-testsuite --profile freebsd --jobs 4', "FreeBSD's suite"],
        ['lastack drill close.pkt --trace --tap out.pcapng', 'one script, with its packets'],
        ['lastack drill close.pkt --mutate', 'does each expectation of the script count?'],
        ['lastack drill close.pkt -D LINGER=5 --json', 'with a value for LINGER; everything as JSON'],
      ],
      look,
    ),
    '',
    ...exitCodes(look),
  ];
}

function pressureHelp(look: Look): string[] {
  return [
    'lastack pressure FILE... | -',
    '',
    ...paragraph(
      'Of each client address and destination: connections opened and closed per second, who is left in TIME-WAIT and how many are alive over time, the share of the ephemeral ports they hold, when the ports run out at this rate, ports used again within 2MSL; and ends that stay in CLOSE-WAIT or FIN-WAIT-2.',
      '',
      look.width,
    ),
    '',
    ...heading('Options', look),
    ...optionRows(PRESSURE_OPTIONS, look),
    '',
    ...heading('Examples', look),
    ...rows(
      [
        ['lastack pressure trace.pcapng', 'the five pairs with most TIME-WAITs'],
        ['lastack pressure --ports 1024-65535 --msl 60 trace.pcap', 'another range, another system'],
        ['lastack pressure --csv trace.pcap > series.csv', 'the series, for a plot'],
        ['lastack lab port-exhaustion --pcap out.pcapng; lastack pressure out.pcapng', 'an example'],
      ],
      look,
    ),
    '',
    ...exitCodes(look),
  ];
}

function reproduceHelp(look: Look): string[] {
  return [
    'lastack reproduce FILE --flow N',
    '',
    ...paragraph(
      'Turns a connection of a capture into a packetdrill script: one end is played by our TCP, which does what that end was seen to do, and the script sends what the other end sent. It is run, and its ending compared: who closed, how, through which states, with which form of RST. The script runs again with lastack drill, and on a kernel with packetdrill.',
      '',
      look.width,
    ),
    '',
    ...heading('Options', look),
    ...optionRows(REPRODUCE_OPTIONS, look),
    '',
    ...heading('Examples', look),
    ...rows(
      [
        [
          'lastack reproduce trace.pcapng --flow 7 > case.pkt',
          'the script; whether it ends the same way is told beside',
        ],
        ['lastack drill case.pkt --trace', 'runs it'],
        ['lastack reproduce trace.pcapng --flow 7 --end server', 'the other side of it'],
      ],
      look,
    ),
    '',
    ...exitCodes(look),
  ];
}

function openHelp(look: Look): string[] {
  return [
    'lastack open [CAPTURE]',
    '',
    ...paragraph(
      'Serves the page on loopback, prints its address and shows it in the browser, until Ctrl-C. The page analyses captures itself, runs the lab, and lists the causes. Nothing leaves this machine.',
      '',
      look.width,
    ),
    '',
    ...heading('Options', look),
    ...optionRows(OPEN_OPTIONS, look),
    '',
    ...heading('Examples', look),
    ...rows(
      [
        ['lastack open', 'the page; drop captures on it'],
        ['lastack open trace.pcapng', 'with a capture'],
        ['lastack open client.pcap --peer server.pcap', 'both ends of the same traffic'],
      ],
      look,
    ),
    '',
    ...exitCodes(look),
  ];
}

function remedyHelp(look: Look): string[] {
  return [
    'lastack lab remedy',
    '',
    ...paragraph(
      'Runs a workload once for each remedy against port exhaustion, on our own TCP over a simulated path, and prints what was measured: connections a second that are sustained, sockets in TIME-WAIT, failures, resets that applications saw, bytes lost, and old segments that were accepted in a later connection.',
      '',
      look.width,
    ),
    '',
    ...heading('Options', look),
    ...optionRows(REMEDY_OPTIONS, look),
    '',
    ...heading('Examples', look),
    ...rows(
      [
        ['lastack lab remedy', 'the standard workload'],
        ['lastack lab remedy --rate 600 --ports 28232 --rtt 2ms --loss 0', 'a clean short path'],
        ['lastack lab remedy --closer server --loss 2% --duplicate 2% --json', ''],
      ],
      look,
    ),
    '',
    ...exitCodes(look),
  ];
}

function filterHelp(look: Look): string[] {
  return [
    'The filter language of lastack explain --filter EXPR',
    '',
    ...heading('Form', look),
    ...rows(
      [
        ['FIELD=VALUE  FIELD!=VALUE', 'equal, or not; several values with commas: port=80,443'],
        [
          'FIELD~TEXT  FIELD~/REGEX/',
          'contains the text, or matches the regular expression; case is ignored',
        ],
        ['FIELD<N  <=  >  >=', 'for numbers'],
        ['and  or  not  ( )', 'also && || !; side by side means and; and binds tighter than or'],
        ['WORD', 'a word alone is a port, an address, or a part of a cause: 443, 10.0.0.1, linger'],
        ['"TEXT"', "quotes, also '...', around what has spaces or signs in it"],
      ],
      look,
    ),
    '',
    ...heading('Fields', look),
    ...rows(
      FILTER_FIELDS.map((field) => {
        const values =
          field.kind === 'name' &&
          field.values.length > 0 &&
          field.values.length <= 10 &&
          field.name !== 'sees'
            ? `: ${field.values.join(', ')}`
            : '';
        return [field.name, field.describes + values] as const;
      }),
      look,
    ),
    '',
    ...paragraph(
      'Addresses: 10.0.0.1, 10.0.0.0/8, 10.0.0.1:80, :80, 2001:db8::1, 2001:db8::/32, [2001:db8::1]:443. Of a field with several values (host, port, state, fits, sees), = says that one of them is equal and != that none is.',
      '  ',
      look.width,
    ),
    '',
    ...heading('Examples', look),
    ...rows(
      [
        ["'cause=keepalive-race and server=10.0.0.0/8'", ''],
        ["'rst=client,middlebox and not port=22'", ''],
        ["'state=CLOSE-WAIT or duration>2m'", ''],
        ["'linger confidence>=80%'", ''],
      ],
      look,
    ),
  ];
}

function heading(text: string, { paint }: Look): string[] {
  return [paint.as(text, 'bold')];
}

function exitCodes(look: Look): string[] {
  return [
    ...heading('Exit codes', look),
    ...rows(
      EXIT_CODES.map(([code, text]) => [String(code), text] as const),
      look,
    ),
  ];
}

function optionRows(specs: readonly OptionSpec[], look: Look): string[] {
  return rows(
    specs.map((spec) => {
      const short = spec.short === undefined ? '    ' : `-${spec.short}, `;
      return [
        `${short}--${spec.name}${spec.value === undefined ? '' : ` ${spec.value}`}`,
        spec.describes,
      ] as const;
    }),
    look,
  );
}

/** Two columns; the second is indented alike for all rows that have one. */
function rows(items: readonly (readonly [string, string])[], look: Look): string[] {
  const widest = Math.max(...items.map(([left, right]) => (right === '' ? 0 : left.length)));
  return items.flatMap(([left, right]) => {
    if (right === '') return [`  ${left}`];
    const lines = paragraph(right, `  ${left.padEnd(widest)}  `, look.width);
    return lines.map((line, i) => (i === 0 ? line.replace(left, () => look.paint.as(left, 'cyan')) : line));
  });
}
