/** The two procedures a runbook fills. The order of phases is the skeleton's (machines/). */
export const procedureNames = ['activation', 'return'] as const;
export type FilledProcedure = (typeof procedureNames)[number];

/** A gate of the skeleton: where it stands, and the phases whose steps show their evidence at it. */
export interface SkeletonGate {
  readonly id: string;
  readonly title: string;
  readonly covers: readonly string[];
  /** Where users are once it is approved: the procedure's own target, the side they came from, or nowhere. */
  readonly sends: 'target' | 'origin' | 'nobody';
}

/** Phases off the straight way: they run only when somebody decides so. */
export const asidePhases: ReadonlySet<string> = new Set(['switch-back', 'reopen']);

/** Phases in the order they are walked, those aside last. */
export const phaseOrder: Readonly<Record<FilledProcedure, readonly string[]>> = {
  activation: ['fencing', 'restoration', 'verification', 'information', 'switchover', 'confirmation', 'switch-back'],
  return: [
    'settle-fencing',
    'freeze-production',
    'salvage',
    'pre-copy',
    'freeze-recovery',
    'delta',
    'verification',
    'information',
    'switchover',
    'confirmation',
    'switch-back',
    'reopen',
  ],
};

const switchBack: SkeletonGate = {
  id: 'switch-back',
  title: 'send users back to where they were',
  covers: ['switch-back'],
  sends: 'origin',
};
/** Shows the sides and DNS as they are now, by the steps of the phase that would reopen. */
const unserved = (reopening: string): SkeletonGate => ({
  id: 'unserved',
  title: 'end with nobody serving',
  covers: [reopening],
  sends: 'nobody',
});
const switchover: SkeletonGate = {
  id: 'switchover',
  title: 'send users to the other side',
  covers: ['switchover', 'verification', 'fencing'],
  sends: 'target',
};

/** Gates every run of a procedure can come to; a runbook must say who may pass each. */
export const skeletonGates: Readonly<Record<FilledProcedure, readonly SkeletonGate[]>> = {
  activation: [
    { id: 'declaration', title: 'declare the disaster and order the activation', covers: ['fencing'], sends: 'target' },
    { id: 'restoration', title: 'restore from these backups', covers: ['restoration'], sends: 'target' },
    switchover,
    switchBack,
    unserved('switch-back'),
  ],
  return: [
    {
      id: 'authorisation',
      title: 'order the return to production',
      covers: ['settle-fencing', 'freeze-production'],
      sends: 'target',
    },
    { id: 'salvage', title: 'overwrite production, its last writes set aside', covers: ['salvage'], sends: 'target' },
    switchover,
    switchBack,
    unserved('reopen'),
  ],
};

/** Phases of a drill in the order they are walked. What it shares with the activation has the activation's names. */
export const drillPhases: readonly string[] = [
  'isolation',
  'restoration',
  'serving',
  'verification',
  'information',
  'switchover',
  'confirmation',
  'clean-up',
];

/** Gates of a drill; where the runbook says nothing of one, who may pass `policyOf` may pass it, too. */
export const drillGates: readonly (Omit<SkeletonGate, 'sends'> & { readonly policyOf?: string })[] = [
  { id: 'order', title: 'EXERCISE: order this drill', covers: ['isolation'], policyOf: 'declaration' },
  { id: 'restoration', title: 'EXERCISE: restore from these backups', covers: ['restoration'] },
  {
    id: 'switchover',
    title: 'EXERCISE: decide as if users were sent to the other side; nobody is',
    covers: ['switchover', 'verification'],
  },
  {
    id: 'clean-up',
    title: 'EXERCISE: remove what this drill made',
    covers: ['clean-up'],
    policyOf: 'restoration',
  },
];

/** Names the skeletons use for states of their own; a step or a gate in a lane may not have them. */
export const reservedIds: ReadonlySet<string> = new Set([
  ...Object.values(phaseOrder).flat(),
  ...Object.values(skeletonGates).flatMap((gates) => gates.map((gate) => gate.id)),
  ...['activation', 'return', 'drill', 'end', 'completed', 'closed', 'aborting', 'abort-failed', 'aborted', 'held'],
  ...['leaving', 'holding', 'aborting-unserved'],
  ...['reopening', 'switching-back', 'switched-back', 'all'],
  ...drillPhases,
  ...drillGates.map((gate) => gate.id),
  ...['cleaning', 'interrupting', 'giving-way'],
]);
