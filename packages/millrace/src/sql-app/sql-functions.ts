/** Functions of the host that every SQL app can name. */
export { knownFunctions as sqlFunctions } from '@millrace/sql'
