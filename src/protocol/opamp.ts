/** The OpAMP messages as types and schemas. Made from opamp.proto; this is the only file that names the generated ones. */
export * from './generated/opamp.js';
