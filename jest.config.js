const common = {
  rootDir: '.',
  testEnvironment: 'node',
  extensionsToTreatAsEsm: ['.ts'],
  transform: {
    '^.+\\.ts$': [
      '@swc/jest',
      { jsc: { parser: { syntax: 'typescript' }, target: 'es2024' }, module: { type: 'es6' } },
    ],
  },
};

/**
 * unit: plain data, no network, no clock, quick. real: real services on loopback (OpenSSH, PostgreSQL, BIND, …), and what
 * takes long (`*.long.test.ts`).
 */
export default {
  projects: [
    {
      ...common,
      displayName: 'unit',
      testMatch: ['<rootDir>/test/**/*.test.ts'],
      testPathIgnorePatterns: [
        '/node_modules/',
        '/test/lab/',
        '/test/e2e/',
        '/test/campaigns/',
        '\\.(real|long)\\.test\\.ts$',
      ],
    },
    {
      ...common,
      displayName: 'real',
      testMatch: [
        '<rootDir>/test/lab/**/*.test.ts',
        '<rootDir>/test/e2e/**/*.test.ts',
        '<rootDir>/test/campaigns/**/*.test.ts',
        '<rootDir>/test/**/*.real.test.ts',
        '<rootDir>/test/**/*.long.test.ts',
      ],
      testTimeout: 120_000,
    },
  ],
};
