import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ending } from '../../test/support/endings.ts';
import { CSV_HEADER, csvField, csvLine } from './csv.ts';

/** A reader of RFC 4180 made for this test alone. */
function parseCsv(text: string): string[][] {
  const rows: string[][] = [];
  let row: string[] = [];
  const field = /(?:"((?:[^"]|"")*)"|([^,"\r\n]*))(,|\r\n|$)/y;
  while (field.lastIndex < text.length) {
    const match = field.exec(text)!;
    row.push(match[1]?.replaceAll('""', '"') ?? match[2]!);
    if (match[3] === ',') continue;
    rows.push(row);
    row = [];
  }
  return rows;
}

describe('CSV', () => {
  it('quotes what RFC 4180 says', () => {
    expect(['a', 'a,b', 'a"b', 'a\nb', '', 1.5, null].map(csvField)).toEqual([
      'a',
      '"a,b"',
      '"a""b"',
      '"a\nb"',
      '',
      '1.5',
      '',
    ]);
  });

  it('gives back any text', () => {
    fc.assert(
      fc.property(fc.array(fc.string(), { minLength: 2, maxLength: 5 }), (cells) => {
        expect(parseCsv(`${cells.map(csvField).join(',')}\r\n`)).toEqual([cells]);
      }),
    );
  });

  it('has as many fields as its header', () => {
    const [header, row] = parseCsv(CSV_HEADER + csvLine(ending()));
    expect(row).toHaveLength(header!.length);
    const record = Object.fromEntries(header!.map((name, i) => [name, row![i]]));
    expect(record).toMatchObject({
      flow: '7',
      client_address: '172.30.22.108',
      server_port: '8080',
      duration: '4.230000',
      first_closer: 'client',
      close_form: '',
      cause: 'linger0-abort',
      alternatives: 'close-with-unread-data admin-kill',
      server_state: 'CLOSED',
      server_sees: 'ECONNRESET',
      rtt: '0.012000',
    });
  });

  it('keeps its header', () => {
    expect(CSV_HEADER).toMatchInlineSnapshot(`
      "flow,client_address,client_port,server_address,server_port,start,end,duration,packets,first_packet,last_packet,opening,first_closer,close_kind,close_form,rst_sender,rst_form,time_wait,client_state,server_state,cause,confidence,alternatives,client_bytes,server_bytes,client_retransmissions,server_retransmissions,client_sees,server_sees,rtt,longest_idle
      "
    `);
  });
});
