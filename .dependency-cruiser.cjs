/** Who may import whom, besides itself and base: the table of src/README.md as rules. */
const layers = {
  base: [],
  runbook: [],
  plan: ['runbook', 'events'],
  events: [],
  journal: ['events'],
  gates: ['events', 'plan', 'runbook'],
  transports: [],
  providers: ['runbook'],
  steps: ['events', 'plan', 'runbook', 'providers', 'transports'],
  checks: ['runbook', 'plan', 'events', 'gates', 'steps', 'providers', 'transports'],
  proof: ['plan'],
  executor: ['events', 'journal', 'gates', 'plan', 'proof', 'steps', 'transports', 'providers', 'runbook'],
  views: ['events', 'plan', 'gates', 'runbook', 'checks'],
};

/** One door per package: who may import it. */
const doors = [
  { name: 'yaml', packages: ['yaml'], door: '^src/runbook/' },
  { name: 'xstate', packages: ['xstate'], door: '^(machines/|src/proof/|src/executor/fold)' },
  { name: 'execa', packages: ['execa'], door: '^src/transports/' },
  { name: 'ssh2', packages: ['ssh2'], door: '^src/transports/' },
  { name: 'aws', packages: ['@aws-sdk', '@smithy'], door: '^src/providers/dns/' },
  { name: 'mail', packages: ['nodemailer'], door: '^src/providers/desk/' },
  { name: 'dns', packages: ['dns-packet'], door: '^src/providers/' },
  { name: 'prompts', packages: ['inquirer', '@inquirer'], door: '^src/cli/ask' },
  { name: 'drawing', packages: ['listr2'], door: '^src/views/terminal' },
  { name: 'codes', packages: ['qrcode-generator'], door: '^src/views/qr-text' },
  { name: 'arguments', packages: ['commander'], door: '^src/cli/' },
  { name: 'canonical', packages: ['canonicalize'], door: '^src/events/canonical' },
];

module.exports = {
  forbidden: [
    { name: 'no-circles', severity: 'error', from: {}, to: { circular: true } },
    { name: 'product-not-tests', severity: 'error', from: { path: '^(src|machines)/' }, to: { path: '^test/' } },
    {
      name: 'sqlite-in-its-store',
      severity: 'error',
      from: { path: '^src/', pathNot: '^src/journal/sqlite' },
      to: { path: '^node:sqlite$|^sqlite$' },
    },
    {
      name: 'machines-are-pure',
      severity: 'error',
      from: { path: '^machines/' },
      to: { path: '^src/', pathNot: '^src/plan/plan' },
    },
    ...Object.entries(layers).map(([folder, allowed]) => ({
      name: `layer-${folder}`,
      severity: 'error',
      from: { path: `^src/${folder}/` },
      to: {
        path: '^(src|machines)/',
        pathNot: `^src/(${[folder, 'base', ...allowed].join('|')})/${['executor', 'proof'].includes(folder) ? '|^machines/' : ''}`,
      },
    })),
    ...doors.map(({ name, packages, door }) => ({
      name: `door-${name}`,
      severity: 'error',
      from: { path: '^(src|machines)/', pathNot: door },
      to: { path: `node_modules/(${packages.join('|')})(/|$)` },
    })),
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
    enhancedResolveOptions: { exportsFields: ['exports'], conditionNames: ['import', 'node', 'types', 'default'] },
  },
};
