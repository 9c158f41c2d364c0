import { Errno } from './errno.ts';

/** The errno that a message stands for; hard ones negative, 0 for what is no error of the connection. */
type Meaning = number;

/** What a system makes of ICMP errors, by code. */
export interface IcmpErrors {
  readonly unreachable4: readonly Meaning[];
  readonly unreachable6: readonly Meaning[];
  /** Time exceeded and parameter problem: a code that is not there means what code 0 does. */
  readonly exceeded: readonly Meaning[];
  readonly parameter4: readonly Meaning[];
  readonly parameter6: readonly Meaning[];
}

/** RFC 1122 4.2.3.9, RFC 4443 3.1; errors and hardness as Linux icmp_err_convert and icmpv6_err_convert. */
export const LINUX_ICMP: IcmpErrors = {
  unreachable4: [
    Errno.ENETUNREACH,
    Errno.EHOSTUNREACH,
    -Errno.ENOPROTOOPT,
    -Errno.ECONNREFUSED,
    0,
    Errno.EOPNOTSUPP,
    -Errno.ENETUNREACH,
    -Errno.EHOSTDOWN,
    -Errno.ENONET,
    -Errno.ENETUNREACH,
    -Errno.EHOSTUNREACH,
    Errno.ENETUNREACH,
    Errno.EHOSTUNREACH,
    -Errno.EHOSTUNREACH,
    -Errno.EHOSTUNREACH,
    -Errno.EHOSTUNREACH,
  ],
  unreachable6: [
    Errno.ENETUNREACH,
    -Errno.EACCES,
    Errno.EHOSTUNREACH,
    Errno.EHOSTUNREACH,
    -Errno.ECONNREFUSED,
    -Errno.EACCES,
    -Errno.EACCES,
  ],
  exceeded: [Errno.EHOSTUNREACH],
  parameter4: [Errno.EPROTO],
  parameter6: [Errno.EPROTO],
};
