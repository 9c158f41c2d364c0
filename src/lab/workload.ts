import { amount, type ChoiceParameter, choice, count, type NumberParameter, type Values } from './values.ts';

/** 1024 to 65535. */
export const MOST_PORTS: number = 64_512;

type WorkloadParameters = {
  readonly [K in
    | 'rate'
    | 'lifetime'
    | 'ports'
    | 'destinations'
    | 'request'
    | 'answer'
    | 'rtt'
    | 'jitter'
    | 'reorder'
    | 'loss'
    | 'duplicate'
    | 'late'
    | 'seconds']: NumberParameter;
} & { readonly closer: ChoiceParameter<'client' | 'server'> };

/** The workload of `lastack lab remedy`. */
export const WORKLOAD: WorkloadParameters = {
  rate: amount(1_000, 1, 100_000, '/s', 'exchanges begun each second'),
  lifetime: amount(0, 0, 60_000, 'ms', 'how long a connection stays open after its answer'),
  closer: choice(['client', 'server'], 'who closes first'),
  ports: count(28_232, 64, MOST_PORTS, "the client's ephemeral ports"),
  destinations: count(1, 1, 64, 'addresses of the server that the client uses in turn'),
  request: count(200, 1, 16_000, 'size of a request', 'B'),
  answer: count(1_000, 1, 16_000, 'size of an answer', 'B'),
  rtt: amount(20, 0.1, 1_000, 'ms', 'round trip'),
  jitter: amount(5, 0, 1_000, 'ms', 'up to so much more for each packet, in order'),
  reorder: amount(0.001, 0, 0.5, '', 'share of packets that are held up by 20 ms while others pass'),
  loss: amount(0.001, 0, 0.3, '', 'share of packets that the path loses'),
  duplicate: amount(0.001, 0, 0.3, '', 'share of packets that the path delivers twice'),
  late: amount(3_000, 0, 120_000, 'ms', 'how much later the second copy comes'),
  seconds: count(130, 70, 600, 'virtual time of each run; the last 60 s are measured', 's'),
};

export type RemedyWorkload = Values<WorkloadParameters>;
