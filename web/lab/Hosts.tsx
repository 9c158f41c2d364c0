import type { VNode } from 'preact';
import { useEffect, useRef, useState } from 'preact/hooks';
import { call } from '../app/client.ts';
import { countText, durationText, endpointText } from '../app/format.ts';
import { strings } from '../strings/index.ts';
import type { HostSnapshot, LabMoment, LabRequest, SocketLine } from '../worker/protocol.ts';

interface HostsProps {
  readonly request: LabRequest;
  readonly atUs: number;
}

/** Socket tables and counters of the hosts at the cursor. */
export function Hosts({ request, atUs }: HostsProps): VNode {
  const moment = useMoment(request, atUs);
  return (
    <div class="two">
      {moment?.hosts.map((host) => (
        <Host key={host.host} host={host} />
      ))}
    </div>
  );
}

/** The latest wish wins: while one replay runs, those asked for meanwhile are skipped. */
function useMoment(request: LabRequest, atUs: number): LabMoment | null {
  const [moment, setMoment] = useState<LabMoment | null>(null);
  const wish = useRef<HostsProps | null>(null);
  const busy = useRef(false);
  useEffect(() => {
    wish.current = { request, atUs };
    const next = async (): Promise<void> => {
      if (busy.current || wish.current === null) return;
      const now = wish.current;
      wish.current = null;
      busy.current = true;
      try {
        setMoment(await call('labAt', now.request, now.atUs));
      } finally {
        busy.current = false;
        void next();
      }
    };
    void next();
  }, [request, atUs]);
  return moment;
}

function Host({ host }: { readonly host: HostSnapshot }): VNode {
  const t = strings.value.lab;
  const counters = Object.entries(host.counters);
  return (
    <section aria-label={t.sockets(host.host)}>
      <h3>{t.sockets(host.host)}</h3>
      <p class="muted">
        {Object.entries(host.counts)
          .map(([state, n]) => `${state} ${countText(n)}`)
          .join(', ') || t.noSockets}
      </p>
      {host.sockets.length > 0 && <Sockets sockets={host.sockets} />}
      {counters.length > 0 && (
        <details>
          <summary>{t.counters(host.host)}</summary>
          <table>
            <tbody>
              {counters.map(([name, value]) => (
                <tr key={name}>
                  <th scope="row">{name}</th>
                  <td class="number">{countText(value)}</td>
                </tr>
              ))}
            </tbody>
          </table>
        </details>
      )}
    </section>
  );
}

function Sockets({ sockets }: { readonly sockets: readonly SocketLine[] }): VNode {
  const t = strings.value.lab.socket;
  return (
    <div class="scrolling">
      <table>
        <thead>
          <tr>
            {Object.entries(t).map(([key, text]) => (
              <th key={key} scope="col">
                {text}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {sockets.map((socket) => (
            <tr key={`${socket.state} ${socket.localPort} ${socket.remoteAddress} ${socket.remotePort}`}>
              <td>{socket.state}</td>
              <td class="number">{`${socket.recvQ}, ${socket.sendQ}`}</td>
              <td>{endpointText({ address: socket.localAddress, port: socket.localPort })}</td>
              <td>
                {socket.remoteAddress === ''
                  ? '*'
                  : endpointText({ address: socket.remoteAddress, port: socket.remotePort })}
              </td>
              <td>{socket.timer === null ? '' : `${socket.timer} ${durationText(socket.timerUs / 1e6)}`}</td>
              <td>{socket.owner}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
