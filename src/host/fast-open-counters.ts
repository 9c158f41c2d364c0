/** Counters of TCP Fast Open, named as in /proc/net/netstat. */
export class FastOpenCounters {
  /** Text of our SYNs that was taken as a whole, and that was not. */
  TCPFastOpenActive = 0;
  TCPFastOpenActiveFail = 0;
  /** Children, and cookies that were not ours. */
  TCPFastOpenPassive = 0;
  TCPFastOpenPassiveFail = 0;
  /** Children whose cookie was of the key before. */
  TCPFastOpenPassiveAltKey = 0;
  /** More children than TCP_FASTOPEN allows. */
  TCPFastOpenListenOverflow = 0;
  TCPFastOpenCookieReqd = 0;
}
