import { describe, expect, it } from 'vitest';
import { freebsdHost, Host } from '../../host/index.ts';
import type { Machine } from './machine.ts';
import { runShell } from './run.ts';
import { parseShell } from './words.ts';

function machine(overrides: Partial<Machine> = {}): Machine {
  const host = new Host({ name: 'h', profile: freebsdHost, addresses: ['10.0.0.1'], seed: 1 });
  return {
    host,
    fastOpen: null,
    files: new Map(),
    owned: () => [],
    configure: (changes) => host.setConfig(changes),
    restore: () => {},
    drop: () => 0,
    sleep: () => {},
    counterDeltas: () => [],
    ...overrides,
  };
}

describe('parseShell', () => {
  it('splits pipelines and joints', () => {
    expect(parseShell('a -b | c; d && e || f')).toEqual([
      { joint: ';', commands: [['a', '-b'], ['c']] },
      { joint: ';', commands: [['d']] },
      { joint: '&&', commands: [['e']] },
      { joint: '||', commands: [['f']] },
    ]);
  });

  it('takes quotes off, fills in sums and process ids, reads over redirections and comments', () => {
    const text = 'x="4096 $((2*1024)) 3" \'a b\' > /dev/null 2>&1 # no\n/tmp/r_$PPID.sh';
    expect(parseShell(text)).toEqual([
      { joint: ';', commands: [['x=4096 2048 3', 'a b']] },
      { joint: ';', commands: [['/tmp/r_1.sh']] },
    ]);
  });

  it('refuses what it does not know', () => {
    for (const text of ['a &', 'cat < file', 'echo $HOME', 'echo "open', 'a $(b)']) {
      expect(parseShell(text), text).toBeNull();
    }
  });
});

describe('runShell', () => {
  it('sets sysctls of both systems', () => {
    const one = machine();
    expect(runShell('sysctl -q net.ipv4.tcp_sack=0 net.ipv4.tcp_rmem="4096 1000 2000"', one)).toMatchObject({
      status: 0,
    });
    expect(runShell('sysctl -w net.inet.tcp.insecure_rst=1', one)).toMatchObject({ status: 0 });
    expect(one.host.config).toMatchObject({ sack: false, receiveBufferBytes: 1000, insecureReset: true });
  });

  it('says what it does not know, and what value it cannot have', () => {
    expect(runShell('sysctl -q net.ipv4.tcp_nothing=1', machine())).toEqual({
      unsupported: 'the sysctl net.ipv4.tcp_nothing',
    });
    expect(runShell('sysctl -w net.inet.tcp.blackhole=2', machine())).toEqual({
      unsupported: 'this value of the sysctl net.inet.tcp.blackhole',
    });
    expect(runShell('rm -rf /', machine())).toEqual({ unsupported: 'rm -rf /' });
  });

  it('counts sockets through grep, and fails where grep finds nothing', () => {
    const one = machine();
    const listener = one.host.socket();
    listener.bind('10.0.0.1', 8080);
    listener.listen(1);
    expect(runShell('sockstat -4 -P tcp -p 8080 -s | grep -c LISTEN | grep 1', one)).toMatchObject({
      status: 0,
    });
    expect(runShell('sockstat -4 -P tcp -p 8080 -s | grep -c SYN_RCVD | grep 1', one)).toMatchObject({
      status: 1,
    });
    expect(runShell('sockstat -6 -P tcp -s | wc -l', one)).toMatchObject({ lines: ['0'] });
    expect(runShell('grep " 0A " /proc/net/tcp | grep ":1F90"', one)).toMatchObject({ status: 0 });
  });

  it('goes on after && only where all went well', () => {
    const slept: number[] = [];
    const one = machine({ sleep: (us) => slept.push(us) });
    runShell('true && sleep 0.5; test a = b && sleep 1; test a = b || sleep 2', one);
    expect(slept).toEqual([500_000, 2_000_000]);
  });
});
