package dev.farthing

/** Starts the program that a property names. */
internal fun startProgram(
    property: String,
    vararg arguments: String,
): Process {
    val program = checkNotNull(System.getProperty(property)) { "run it with `cargo xtask test`" }
    return ProcessBuilder(program, *arguments).redirectError(ProcessBuilder.Redirect.DISCARD).start()
}
