import { describe, expect, test } from '@jest/globals';
import { Readable } from 'node:stream';
import { answerText, readSignedElsewhere } from '../../src/cli/signed-elsewhere.ts';
import { verifySignature } from '../../src/gates/sshsig.ts';
import { gateOf, statementOf } from '../gates/fixtures.ts';
import { testKey } from '../gates/test-key.ts';

const answer = { decision: 'approve', person: 'anne', reason: 'été', at: '2026-11-21T03:09:00.000Z' } as const;
const text = answerText(statementOf(gateOf({ strength: 'ssh-key' })), answer);
const key = testKey('anne');

function pasted(what: string) {
  return readSignedElsewhere({ stdin: Readable.from([what]) } as never, { signed: '-' });
}

describe('text and signature, pasted one behind the other', () => {
  test.each([
    ['a file, with its last line feed', `${text}\n`, `${text}\n`],
    ['what a phone read, without one', text, `${text}\n`],
    ['a file, pasted with other line ends', `${text}\n`, `${text}\r\n`],
    ['what a phone read, pasted with other line ends', text, `${text}\r\n`],
    ['a file, pasted without its line feed', `${text}\n`, text],
  ])('%s', async (_, signed, handed) => {
    const read = await pasted(handed + key.sign(signed));
    expect(() => verifySignature(read.signature, read.text)).not.toThrow();
    expect(read).toMatchObject({ text: signed, approval: { person: 'anne', decision: 'approve' } });
  });

  test('a signature that fits none of these is handed on with the text as it came', async () => {
    const read = await pasted(`${text}\n${key.sign('another text')}`);
    expect(read.text).toBe(`${text}\n`);
  });

  test('line ends of a mail in the signature do no harm; a text that is no answer is refused', async () => {
    const read = await pasted(`${text}\n${key.sign(`${text}\n`).replaceAll('\n', '\r\n')}`);
    expect(() => verifySignature(read.signature, read.text)).not.toThrow();
    await expect(pasted(`{}\n${key.sign('{}\n')}`)).rejects.toMatchObject({ code: 'signature-invalid' });
    await expect(pasted(text)).rejects.toMatchObject({ code: 'wrong-usage' });
  });
});
