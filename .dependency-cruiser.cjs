/** The import rules of the house: which folder may know which. */
const services = 'producer|consumer|projections';
module.exports = {
  forbidden: [
    { name: 'no-cycles', severity: 'error', from: {}, to: { circular: true } },
    {
      name: 'services-do-not-know-each-other',
      comment: 'producer, consumer and projections meet only in the log: they share schemas and platform.',
      severity: 'error',
      from: { path: `^(${services})/` },
      to: { path: `^(${services})/`, pathNot: '^$1/' },
    },
    {
      name: 'plumbing-does-not-know-services',
      severity: 'error',
      from: { path: '^(platform|schemas)/' },
      to: { path: `^(${services}|jobs|embedded|cli|bench|examples|test)/` },
    },
    { name: 'schemas-know-no-plumbing', severity: 'error', from: { path: '^schemas/' }, to: { path: '^platform/' } },
    { name: 'nothing-imports-tests', severity: 'error', from: { pathNot: '(^test/|\\.test\\.ts$)' }, to: { path: '(^test/|\\.test\\.ts$)' } },
    { name: 'jobs-know-only-their-definition', severity: 'error', from: { path: '^jobs/', pathNot: '\\.test\\.ts$' }, to: { path: '^(platform|producer|consumer|projections|embedded|cli)/' } },
    { name: 'kafkajs-only-in-platform', severity: 'error', from: { pathNot: '^(platform|test|bench)/' }, to: { path: 'node_modules/kafkajs/' } },
    { name: 'mongodb-only-in-platform', severity: 'error', from: { pathNot: '^(platform|embedded|test|bench)/' }, to: { path: 'node_modules/mongodb/', dependencyTypesNot: ['type-only'] } },
    { name: 'registry-client-only-in-platform', severity: 'error', from: { pathNot: '^(platform|test)/' }, to: { path: 'node_modules/@kafkajs/' } },
    { name: 'no-dev-dependency-in-the-product', severity: 'error', from: { path: '^(producer|consumer|projections|schemas|platform|jobs|embedded|cli)/', pathNot: '\\.test\\.ts$' }, to: { dependencyTypes: ['npm-dev'] } },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    exclude: { path: '(^|/)(node_modules/(?!kafkajs|mongodb|@kafkajs)|\\.putlog)' },
    tsPreCompilationDeps: true,
    detectProcessBuiltinModuleCalls: true,
    enhancedResolveOptions: { extensions: ['.ts', '.js', '.json'] },
  },
};
