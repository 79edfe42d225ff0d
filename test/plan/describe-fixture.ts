import type { Describe } from '../../src/plan/resolve.ts';

/** Says something of the right shape about any step; the real words are the step kinds'. */
export const describeFixture: Describe = (spec) => ({
  title: `${spec.kind} ${spec.id}`,
  hosts: [],
  reads: [],
  writes: [`file:${spec.id}`],
  commands: [`run ${spec.id}`],
  verifies: `look at ${spec.id}`,
  irreversible: false,
  idempotent: false,
});
