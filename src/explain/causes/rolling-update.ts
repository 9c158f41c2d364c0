import { type Cause, neverFits } from './cause.ts';

export const rollingUpdate: Cause = {
  id: 'rolling-update',
  group: 'field',
  severity: 'warning',
  title: 'many connections of one server ended at one instant',
  summary:
    'A deployment, scale-in or failover stops one instance: all its connections end at one moment by ' +
    'FIN or RST, or another instance answers mid-flow packets with RST.',
  recognise:
    'FIN or RST on many connections of one server address within milliseconds, idle ones too, or a ' +
    'mid-flow packet answered with a new TTL, ISN or timestamp clock. A single connection cannot show ' +
    'it.',
  remedy:
    'Drain before stop: fail the readiness check, wait for the balancer (Kubernetes preStop sleep, ' +
    'deregistration delay), send `Connection: close` or GOAWAY, finish, close. Clients reconnect with ' +
    'jitter. Check: no RST at the next deployment.',
  wouldSettle: ['deployment and scaling events at that time'],
  references: [
    'RFC 9112 section 9.6 (tear-down)',
    'RFC 9113 section 6.8 (GOAWAY)',
    'kubernetes/kubernetes#123116',
  ],
  scenario: null,
  kinds: ['fin', 'rst', 'fin-then-rst'],
  fit: neverFits,
};
