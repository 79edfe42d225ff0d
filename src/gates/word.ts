/**
 * What a person says to a run, however it arrives: typed at the prompt, dropped in the spool by a command, or a signed text.
 * Who speaks comes from how it arrived (`osUser` is the owner of the spool file or the user at the terminal; a signature
 * names a key), never from a field the speaker filled in.
 */
export interface Word {
  readonly verb: 'approve' | 'reject' | 'decide' | 'note' | 'abort';
  readonly run: string;
  /** Gate, step or phase; '' for note and abort. */
  readonly subject: string;
  /** For `decide`: retry, skip, mark-done, cancel, stopped, switch-back, reopen, repeat, hold, proceed, choose. */
  readonly decision?: string;
  readonly reason: string;
  /** For mark-done: what shows that it is done. For choose: the copy, `BACKUP HOST:TIME`. */
  readonly evidence?: string;
  readonly osUser: string;
  /** Person (key of `people`) the speaker claims to be; checked against osUser or signature. Absent: found from them. */
  readonly person?: string;
  /** approve/reject: digest of the statement that was shown. */
  readonly statementDigest?: string;
  /** approve/reject signed by an SSH key: the exact text and its armored SSHSIG. */
  readonly signed?: { readonly text: string; readonly signature: string };
  /** approve: a person at the phone read the six words of the statement back; the speaker attests to it. */
  readonly attested?: Attestation;
  /** approve: the speaker passes the gate alone, where its policy allows that. */
  readonly breakGlass?: true;
  /** How it came: shown in the record. */
  readonly path: 'terminal' | 'spool' | 'signed-file';
}

/** What the speaker attests of an approval given over the phone. */
export interface Attestation {
  /** Who approved: a key of `people`. */
  readonly person: string;
  /** The six words of the statement's digest, as they were read back. */
  readonly words: string;
  /** Number that was called: one known from elsewhere. */
  readonly number: string;
  /** Who listened in. */
  readonly witness: string;
}

/** What became of a word. */
export type WordAnswer =
  | { readonly kind: 'accepted'; readonly text: string }
  | { readonly kind: 'refused'; readonly code: string; readonly text: string; readonly hint: string };

/** Where words come from. Its reader asks again after each answer. */
export interface WordSource {
  /** Resolves with the next word, with a function to answer its speaker; rejects when the signal aborts. */
  next(signal: AbortSignal): Promise<{ readonly word: Word; answer(answer: WordAnswer): Promise<void> }>;
}
