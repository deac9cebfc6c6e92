/**
 * Compile limits. They bound the work that a text from outside can cause; none is near what real programs need.
 * Recursion: the parser needs up to about ten stack frames for a level of nesting, later passes one or two for a level
 * of the tree; with these numbers all stay far below Node's default stack of about ten thousand frames.
 */
export const textBytesMax = 1024 * 1024
export const identifierLengthMax = 128
/** Parentheses, subqueries and calls inside each other. */
export const nestingMax = 200
/** Height of an expression tree; a chain such as a + b + c + ... is as high as it is long. */
export const treeHeightMax = 500
export const columnsMax = 1000
/** Nodes of a bound expression. Some forms write an operand several times, so a short text can make a large one. */
export const expressionNodesMax = 50_000
/** Plan nodes that the uses of views may add up to; a view of views doubles at every level. */
export const viewNodesMax = 10_000
