import ssh2, { type AnyAuthMethod, type ParsedKey } from 'ssh2';
import { DrpError, toError } from '../base/errors.ts';
import { readAtMost } from '../base/read-at-most.ts';
import { fingerprint } from './host-keys.ts';
import type { HostTarget } from './transport.ts';

/** Where an agent listens on this machine; absent: there is none. */
export interface AgentAccess {
  readonly agentSocket?: string | undefined;
}

/**
 * The one key that is offered to this host: several would run into MaxAuthTries, and into fail2ban. A key file that is
 * encrypted or holds the public half only names the key of the agent. Nothing is sent to the host here. Throws
 * login-refused.
 */
export async function chooseLogin(target: HostTarget, access: AgentAccess): Promise<AnyAuthMethod> {
  const username = target.user;
  if (target.keyFile === undefined) return agentLogin(target, access, target.keyFingerprint);
  const key = await readKey(target, target.keyFile);
  if (key.isPrivateKey()) return { type: 'publickey', username, key };
  return agentLogin(target, access, fingerprint(key.getPublicSSH()));
}

async function readKey(target: HostTarget, file: string): Promise<ParsedKey> {
  const key = await parseKeyFile(target, file);
  if (!(key instanceof Error)) return key;
  // Encrypted: only the agent can open it, and its public half lies beside it.
  const publicKey = file.endsWith('.pub') ? key : await parseKeyFile(target, `${file}.pub`).catch(() => key);
  if (!(publicKey instanceof Error)) return publicKey;
  throw refuse(
    target,
    `the key file ${file} cannot be used (${key.message}); encrypted keys go into the agent, hardware and certificate keys need transport: openssh`,
  );
}

const keyBytesMax = 65_536;

async function parseKeyFile(target: HostTarget, file: string): Promise<ParsedKey | Error> {
  const text = await readAtMost(file, keyBytesMax).catch((error: unknown) => {
    throw refuse(target, `the key file ${file} cannot be read`, error);
  });
  return ssh2.utils.parseKey(text);
}

async function agentLogin(target: HostTarget, access: AgentAccess, wanted: string | undefined): Promise<AnyAuthMethod> {
  const socket = access.agentSocket;
  if (socket === undefined || socket === '') {
    throw refuse(target, 'no private key that can be used and no agent (SSH_AUTH_SOCK)');
  }
  const agent = ssh2.createAgent(socket);
  const keys = await agentKeys(target, agent);
  const matching = wanted === undefined ? keys : keys.filter((key) => fingerprint(key.getPublicSSH()) === wanted);
  const [key, other] = matching;
  if (key === undefined) {
    const which = wanted === undefined ? 'no key' : `no key ${wanted}`;
    throw refuse(
      target,
      `the agent holds ${which} that ssh2 can use; hardware and certificate keys need transport: openssh`,
    );
  }
  if (other !== undefined) throw refuse(target, `the agent holds ${matching.length} keys and the runbook names none`);
  return { type: 'agent', username: target.user, agent: new OneKeyAgent(agent, key) };
}

function agentKeys(target: HostTarget, agent: ssh2.BaseAgent): Promise<readonly ParsedKey[]> {
  return new Promise((resolve, reject) => {
    agent.getIdentities((error, keys) => {
      if (error instanceof Error) {
        reject(refuse(target, `the agent does not answer: ${error.message}`, error));
        return;
      }
      const parsed = (keys ?? []).map((key) =>
        typeof key === 'object' && 'getPublicSSH' in key ? key : ssh2.utils.parseKey(key as Buffer),
      );
      resolve(parsed.filter((key): key is ParsedKey => !(key instanceof Error)));
    });
  });
}

/** An agent of which only one key is seen. */
class OneKeyAgent extends ssh2.BaseAgent {
  readonly #agent: ssh2.BaseAgent;
  readonly #key: ParsedKey;

  constructor(agent: ssh2.BaseAgent, key: ParsedKey) {
    super();
    this.#agent = agent;
    this.#key = key;
  }

  override getIdentities(callback: (error: Error | null | undefined, keys?: ParsedKey[]) => void): void {
    callback(undefined, [this.#key]);
  }

  // eslint-disable-next-line max-params -- ssh2's own list
  override sign(
    key: string | Buffer | ParsedKey,
    data: Buffer,
    options: ssh2.SigningRequestOptions | ssh2.SignCallback,
    callback?: ssh2.SignCallback,
  ): void {
    if (typeof options === 'function') this.#agent.sign(key, data, options);
    else this.#agent.sign(key, data, options, callback);
  }
}

function refuse(target: HostTarget, reason: string, cause?: unknown): DrpError {
  const { name: host, user, address, port } = target;
  const details = { host, user, address, port, reason, asked: false };
  return new DrpError('login-refused', details, cause === undefined ? {} : { cause: toError(cause) });
}
