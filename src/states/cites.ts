/**
 * Where a row is written. Rows carry the number and not the text, so that a program which runs the TCP need not carry the texts;
 * what draws the table looks them up.
 */
export type Cite = number;

export const OPEN = 0;
export const SEND = 1;
export const CLOSE = 2;
export const ABORT = 3;
export const SEQ = 4;
export const RST = 5;
export const SYN = 6;
export const ACK = 7;
export const TEXT = 8;
export const FIN = 9;
export const PAWS = 10;
export const USER_TIMEOUT = 11;
export const RETRANSMIT = 12;
export const MSL = 13;
export const GIVE_UP = 14;
export const PROBE = 15;
export const KEEPALIVE = 16;
export const WINDOW = 17;
/** Unread data, or new data after close: SHLD-3. */
export const UNREAD = 18;
export const ICMP = 19;
export const ICMP_SYNCHRONISED = 20;
export const CRASH = 21;
export const BACKLOG = 22;
export const ACK_RANGE = 23;
export const CLOSED = 24;
export const LISTEN_RST = 25;
export const LISTEN_ACK = 26;
export const LISTEN_SYN = 27;
export const LISTEN_SYN_FIN = 28;
export const LISTEN_OTHER = 29;
export const SYN_SENT_ACK = 30;
export const SYN_SENT_RST_OUTSIDE = 31;
export const SYN_SENT_RST = 32;
export const SYN_SENT_SYN = 33;
export const SYN_SENT_OTHER = 34;
export const SIMULTANEOUS = 35;
export const REOPEN = 36;

// What profiles and settings follow.
export const BSD_DROP = 37;
export const BSD_TIME_WAIT = 38;
export const BSD_TIME_WAIT_NO_ACK = 39;
export const BSD_CLOSE = 40;
export const LINUX_OVERFLOW = 41;
export const LINUX_CHECK_REQ = 42;
export const LINUX_DISCONNECT = 43;
export const FIN_WAIT_2_TIMEOUT = 44;
export const LINUX_KEEPALIVE = 45;
export const LINUX_ORPHANS = 46;
export const LINUX_BUCKETS = 47;
export const BUCKETS = 48;
export const LINUX_RECEIVE = 49;
export const LINUX_RESET = 50;
export const LINUX_TIME_WAIT = 51;
export const LINUX_REUSE = 52;
export const LINUX_ICMP = 53;
export const RFC1337 = 54;
export const CONNECT_CALL = 55;
export const SEND_CALL = 56;
export const SHUTDOWN_CALL = 57;
export const BSD_RESET = 58;
export const BSD_INSECURE = 59;

/** The texts by number. */
export const CITES: Readonly<Record<Cite, string>> = {
  [OPEN]: 'RFC 9293 3.10.1',
  [SEND]: 'RFC 9293 3.10.2',
  [CLOSE]: 'RFC 9293 3.10.4',
  [ABORT]: 'RFC 9293 3.10.5',
  [SEQ]: 'RFC 9293 3.10.7.4 (first)',
  [RST]: 'RFC 9293 3.10.7.4 (second)',
  [SYN]: 'RFC 9293 3.10.7.4 (fourth)',
  [ACK]: 'RFC 9293 3.10.7.4 (fifth)',
  [TEXT]: 'RFC 9293 3.10.7.4 (seventh)',
  [FIN]: 'RFC 9293 3.10.7.4 (eighth)',
  [PAWS]: 'RFC 7323 5.3 (R1)',
  [USER_TIMEOUT]: 'RFC 9293 3.10.8 (USER TIMEOUT)',
  [RETRANSMIT]: 'RFC 9293 3.10.8 (RETRANSMISSION TIMEOUT)',
  [MSL]: 'RFC 9293 3.10.8 (TIME-WAIT TIMEOUT)',
  [GIVE_UP]: 'RFC 9293 3.8.3 (R2)',
  [PROBE]: 'RFC 9293 3.8.4, 3.8.6.1',
  [KEEPALIVE]: 'RFC 9293 3.8.4',
  [WINDOW]: 'RFC 9293 3.8.6.2.2, 3.8.6.3',
  [UNREAD]: 'RFC 9293 3.6.1',
  [ICMP]: 'RFC 9293 3.9.2.2',
  [ICMP_SYNCHRONISED]: 'RFC 5927 5.2',
  [CRASH]: 'RFC 9293 3.5.1',
  [BACKLOG]: 'RFC 4987 3.2',
  [ACK_RANGE]: 'RFC 5961 5.2',
  [CLOSED]: 'RFC 9293 3.10.7.1',
  [LISTEN_RST]: 'RFC 9293 3.10.7.2 (first)',
  [LISTEN_ACK]: 'RFC 9293 3.10.7.2 (second)',
  [LISTEN_SYN]: 'RFC 9293 3.10.7.2 (third)',
  [LISTEN_SYN_FIN]: 'RFC 9293 3.10.7.2 (third): the FIN comes again',
  [LISTEN_OTHER]: 'RFC 9293 3.10.7.2 (fourth)',
  [SYN_SENT_ACK]: 'RFC 9293 3.10.7.3 (first)',
  [SYN_SENT_RST_OUTSIDE]: 'RFC 9293 3.10.7.3 (first, second)',
  [SYN_SENT_RST]: 'RFC 9293 3.10.7.3 (second)',
  [SYN_SENT_SYN]: 'RFC 9293 3.10.7.3 (fourth)',
  [SYN_SENT_OTHER]: 'RFC 9293 3.10.7.3 (fifth)',
  [SIMULTANEOUS]: 'RFC 9293 3.5 (Figure 7)',
  [REOPEN]: 'RFC 9293 3.6.1 (MAY-2), RFC 6191 2',
  [BSD_DROP]: 'FreeBSD tcp_drop',
  [BSD_RESET]: 'FreeBSD tcp_do_segment: RST',
  [BSD_INSECURE]: 'FreeBSD tcp(4): insecure_rst, insecure_syn',
  [BSD_TIME_WAIT]: 'FreeBSD tcp_twcheck',
  [BSD_TIME_WAIT_NO_ACK]: 'FreeBSD tcp_twcheck: no ACK flag',
  [BSD_CLOSE]: 'FreeBSD tcp_usr_close',
  [LINUX_OVERFLOW]: 'Linux tcp_abort_on_overflow',
  [LINUX_CHECK_REQ]: 'Linux tcp_check_req',
  [LINUX_DISCONNECT]: 'Linux tcp_disconnect',
  [FIN_WAIT_2_TIMEOUT]: 'Linux tcp_fin_timeout, FreeBSD finwait2_timeout',
  [LINUX_KEEPALIVE]: 'Linux tcp_keepalive_timer',
  [LINUX_ORPHANS]: 'Linux tcp_max_orphans',
  [LINUX_BUCKETS]: 'Linux tcp_max_tw_buckets',
  [BUCKETS]: 'Linux tcp_max_tw_buckets, FreeBSD maxtcptw',
  [LINUX_RECEIVE]: 'Linux tcp_rcv_state_process',
  [LINUX_RESET]: 'Linux tcp_reset',
  [LINUX_TIME_WAIT]: 'Linux tcp_timewait_state_process',
  [LINUX_REUSE]: 'Linux tcp_tw_reuse',
  [LINUX_ICMP]: 'Linux tcp_v4_err',
  [RFC1337]: 'RFC 1337 3 (F1)',
  [CONNECT_CALL]: 'connect(2): EISCONN, EOPNOTSUPP',
  [SEND_CALL]: 'send(2): EPIPE, ENOTCONN',
  [SHUTDOWN_CALL]: 'shutdown(2): the listener goes on',
};
