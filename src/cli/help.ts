import { FILTER_FIELDS } from '../explain/filter/index.ts';
import { paragraph } from './format.ts';
import { HELP_PAGES, type HelpPage } from './help-pages.ts';
import type { Look } from './look.ts';
import type { OptionSpec } from './options.ts';

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
  const page = topic === null ? undefined : HELP_PAGES[topic];
  const lines =
    page !== undefined ? pageLines(page, look) : topic === 'filter' ? filterHelp(look) : overview(look);
  return `${lines.join('\n')}\n`;
}

function pageLines({ usage, about, options, examples }: HelpPage, look: Look): string[] {
  return [
    ...usage,
    '',
    ...paragraph(about, '', look.width),
    '',
    ...heading('Options', look),
    ...optionRows(options, look),
    '',
    ...heading('Examples', look),
    ...rows(examples, look),
    '',
    ...exitCodes(look),
  ];
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
