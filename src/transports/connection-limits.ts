/** Patience with other machines. All in milliseconds unless the name says otherwise. */
export interface ConnectionLimits {
  readonly tcpTimeoutMs: number;
  /** Handshake and login together. */
  readonly loginTimeoutMs: number;
  readonly channelTimeoutMs: number;
  /** A silent peer is given up after `keepaliveMs * (keepaliveCount + 1)`. */
  readonly keepaliveMs: number;
  readonly keepaliveCount: number;
  /** Channels at once on one connection: sshd's MaxSessions is 10; where a host lets fewer run, that is learned. */
  readonly channelsMax: number;
  /** Handshakes at once, all hosts together: sshd drops some from the tenth (MaxStartups 10:30:100). */
  readonly handshakesMax: number;
  /** Tries of one `connect` where the failure may pass by itself. */
  readonly triesMax: number;
  /** Refused logins of one host after which none is tried any more: fail2ban would lock the operator out. */
  readonly refusalsMax: number;
  /** Pause after the first failure; doubled each time, and varied by half so that hosts do not move in step. */
  readonly backoffMs: number;
  readonly backoffMsMax: number;
}

/** What the product uses; tests shorten it. */
export const standardLimits: ConnectionLimits = {
  tcpTimeoutMs: 10_000,
  loginTimeoutMs: 20_000,
  channelTimeoutMs: 15_000,
  keepaliveMs: 5_000,
  keepaliveCount: 3,
  channelsMax: 8,
  handshakesMax: 8,
  triesMax: 3,
  refusalsMax: 3,
  backoffMs: 1_000,
  backoffMsMax: 30_000,
};
