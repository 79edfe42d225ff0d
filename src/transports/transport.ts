/** A command as it is: program and arguments, never a line of shell text. */
export type Argv = readonly [string, ...string[]];

/** Where a host is and how its identity is proved. All of it stands in the plan; nothing is looked up at run time. */
export interface HostTarget {
  readonly name: string;
  /** IP address; never a name that would need a resolver. */
  readonly address: string;
  readonly port: number;
  readonly user: string;
  /** Absolute folder that relative paths of steps start from. */
  readonly base: string;
  /** Pinned public host keys, `TYPE BASE64`. Empty: refuse to connect. */
  readonly hostKeys: readonly string[];
  /** The text that `file` on the host must hold (first line): proves which machine answers. */
  readonly identity: { readonly file: string; readonly text: string };
  readonly transport: 'ssh2' | 'openssh' | 'local';
  /** Host to jump through. */
  readonly via?: HostTarget;
  /** Private key file on this machine; absent: the agent, offering only the key named by `keyFingerprint` when given. */
  readonly keyFile?: string;
  readonly keyFingerprint?: string;
}

/** Limits of one short command; what takes longer than a moment is a job. */
export interface ExecOptions {
  /** Deadline of the whole call, in milliseconds. */
  readonly timeoutMs: number;
  readonly stdin?: string | Uint8Array;
  readonly signal?: AbortSignal;
  /** Bytes kept of each of stdout and stderr (default 1 MiB); the rest is counted and dropped. */
  readonly maxOutputBytes?: number;
  /** How stdout becomes text: `latin1` keeps every byte as one character (default `utf8`). */
  readonly stdoutAs?: 'utf8' | 'latin1';
}

/** How a remote command ended. `lost` is not `failed`: the command may have run, or may still run. */
export type ExecResult =
  | {
      readonly kind: 'exited';
      readonly exitCode: number;
      readonly stdout: string;
      readonly stderr: string;
      readonly truncated: boolean;
      readonly durationMs: number;
    }
  | { readonly kind: 'signalled'; readonly signalName: string; readonly stdout: string; readonly stderr: string }
  | { readonly kind: 'timed-out'; readonly afterMs: number }
  | { readonly kind: 'lost'; readonly cause: Error };

/** One proven connection to one host. */
export interface Transport {
  readonly target: HostTarget;
  /**
   * Runs one short command and waits for its end. Nothing is durable. Only for reads and for acts that may safely be
   * repeated; anything longer than a moment is a job. Throws nothing but `internal`; every outcome is a value.
   */
  exec(argv: Argv, options: ExecOptions): Promise<ExecResult>;
  /** Ends the connection; remote jobs go on. Idempotent. */
  close(): Promise<void>;
}

/**
 * Connections by host name, made when first needed, one a host, made anew after a loss (few logins, backed off).
 * `connect` throws host-unreachable, host-key-mismatch, host-key-not-pinned, login-refused.
 */
export interface TransportPool {
  connect(hostName: string, options?: { readonly signal?: AbortSignal }): Promise<Transport>;
  closeAll(): Promise<void>;
}

/** Site claim that a mutating command checks in its own session; see docs/architecture.md, "claims". */
export interface ClaimCheck {
  readonly site: string;
  readonly run: string;
  readonly epoch: number;
  /** Tells apart drivers of equal epochs, which two records of one run have; absent: not asked for. */
  readonly driver?: string;
}

/** Where a job stands, by the files its wrapper left on the host. */
export type JobState =
  | { readonly state: 'absent' }
  | { readonly state: 'accepted' }
  | { readonly state: 'running' }
  | { readonly state: 'done'; readonly exitCode: number; readonly afterCancel: boolean }
  | { readonly state: 'cancelled' }
  /** It began and nothing shows that it ended: host restarted, power cut. It may have run in part. */
  | { readonly state: 'lost' };

/** One look at a job: where it stands, and what it printed since the last one. */
export interface JobPoll {
  readonly status: JobState;
  /** Bytes of output there are in all. */
  readonly outputBytes: number;
  /** Output from the offset asked for, at most 1 MiB. */
  readonly output: Uint8Array;
}

/** A job that lies on a host. */
export interface FoundJob {
  readonly token: string;
  readonly state: JobState['state'];
}

/** What a job is started with, at most once a token. */
export interface JobRequest {
  /** `run.seq.step`: names this one effect for ever. */
  readonly token: string;
  /** POSIX sh text. Data reaches it as positional parameters (`$1` …), never spliced into it. */
  readonly script: string;
  readonly args: readonly string[];
  /** Given to the script on a 0600 file whose path is in `$DRP_SECRET_FILE`, removed at its end; never in argv. */
  readonly secret?: string;
  readonly claim?: ClaimCheck;
  readonly signal?: AbortSignal;
}

/** How a job is looked at. */
export interface PollOptions {
  /**
   * A job that runs is watched this long before the answer, ms (default 0, at most 10 000): its end is told at once. A host that
   * cannot wait answers earlier.
   */
  readonly waitMs?: number;
  readonly signal?: AbortSignal;
}

/** How a job is cancelled. */
export interface CancelOptions {
  /** Time to end by itself before it is killed (default 10 s), in milliseconds. */
  readonly graceMs?: number;
  readonly claim?: ClaimCheck;
  readonly signal?: AbortSignal;
}

/**
 * Remote commands that outlive their connection, drp and the operator's laptop: started at most once a token, for ever.
 * Every call proves the host's identity in its own session first (throws identity-mismatch, claim-lost), and throws
 * host-unreachable or connection-lost where the outcome of the call is not known: ask again, the token makes it safe.
 */
export interface RemoteJobs {
  /** Starts the job unless its token was used before; durable on the host when it resolves. */
  start(hostName: string, request: JobRequest): Promise<JobState>;
  /** State and new output; read-only. */
  poll(hostName: string, token: string, offset: number, options?: PollOptions): Promise<JobPoll>;
  /** Jobs of a run that lie on this host, in the order they came; read-only. */
  find(hostName: string, run: string, signal?: AbortSignal): Promise<readonly FoundJob[]>;
  /**
   * Ends the job as a process tree: asked to end, killed after the grace. Bars the token from starting later, on disk
   * before anything is ended. Resolves with what is left running (empty: all gone). Idempotent.
   */
  cancel(
    hostName: string,
    token: string,
    options?: CancelOptions,
  ): Promise<{ readonly remainingPids: readonly number[] }>;
}
