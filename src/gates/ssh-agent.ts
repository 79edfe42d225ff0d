import { connect } from 'node:net';
import { DrpError, toError } from '../base/errors.ts';
import type { Signer } from './ssh-key-file.ts';
import { fingerprintOf } from './ssh-public-key.ts';
import { wireBytes, WireError, wireNumber, WireReader } from './ssh-wire.ts';
import { approvalNamespace, armorSignature, bytesToSign } from './sshsig.ts';

// Message numbers: draft-miller-ssh-agent.
const requestIdentities = 11;
const identitiesAnswer = 12;
const signRequest = 13;
const signResponse = 14;
const rsaSha512 = 4;

/** A person may have to find the token and touch it. */
const answerTimeoutMs = 60_000;
const largestAnswerBytes = 1_048_576;

/** Keys an ssh-agent holds, ready to sign. Throws key-unreadable where no agent answers. */
export async function agentSigners(socket: string): Promise<readonly Signer[]> {
  return guard(socket, async () => {
    const reader = new WireReader(await ask(socket, Buffer.from([requestIdentities])));
    if (reader.byte() !== identitiesAnswer) throw new WireError('the agent does not list its keys');
    return Array.from({ length: reader.number() }, () => signerOf(socket, Buffer.from(reader.bytes()), reader.text()));
  });
}

function signerOf(socket: string, publicKey: Buffer, comment: string): Signer {
  const keyType = new WireReader(publicKey).text();
  const fingerprint = fingerprintOf(publicKey);
  const flags = keyType === 'ssh-rsa' ? rsaSha512 : 0;
  return {
    publicKey,
    keyType,
    fingerprint,
    comment,
    sign: async (text, namespace = approvalNamespace) =>
      guard(fingerprint, async () => {
        const data = bytesToSign(text, namespace);
        const request = [Buffer.from([signRequest]), wireBytes(publicKey), wireBytes(data), wireNumber(flags)];
        const reader = new WireReader(await ask(socket, Buffer.concat(request)));
        if (reader.byte() !== signResponse)
          throw new WireError('the agent refused to sign (locked, not touched, or the key is gone)');
        return armorSignature(publicKey, reader.bytes(), namespace);
      }),
  };
}

async function ask(socket: string, message: Buffer): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    let received = Buffer.alloc(0);
    const connection = connect(socket);
    const finish = (act: () => void): void => {
      connection.destroy();
      act();
    };
    connection.setTimeout(answerTimeoutMs, () =>
      finish(() => reject(new WireError('the agent did not answer in time'))),
    );
    connection.on('error', (error) => finish(() => reject(error)));
    connection.on('close', () => reject(new WireError('the agent hung up')));
    connection.on('data', (chunk: Buffer) => {
      received = Buffer.concat([received, chunk]);
      if (received.length < 4) return;
      const length = received.readUInt32BE();
      if (length > largestAnswerBytes) finish(() => reject(new WireError('the agent answers nonsense')));
      else if (received.length >= 4 + length) finish(() => resolve(received.subarray(4, 4 + length)));
    });
    connection.write(wireBytes(message));
  });
}

async function guard<T>(file: string, act: () => Promise<T>): Promise<T> {
  try {
    return await act();
  } catch (thrown) {
    throw new DrpError('key-unreadable', { file, reason: toError(thrown).message }, { cause: thrown });
  }
}
