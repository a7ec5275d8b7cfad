package dev.farthing.android

import java.io.File
import java.io.FileOutputStream
import java.io.IOException
import java.nio.channels.FileChannel
import java.nio.file.Files
import java.nio.file.StandardCopyOption.ATOMIC_MOVE
import java.nio.file.StandardCopyOption.REPLACE_EXISTING
import java.nio.file.StandardOpenOption.READ

/** Small files of one folder, each of them written whole or not at all. */
internal class SealedFiles(
    private val folder: File,
) {
    /** The content of a file, or `null` when there is none. */
    fun read(name: String): ByteArray? = File(folder, name).takeIf(File::exists)?.readBytes()

    /** Writes a new file, then renames it over the old one, so that a power cut leaves one of both. */
    fun write(
        name: String,
        content: ByteArray,
    ) {
        if (!folder.isDirectory && !folder.mkdirs()) throw IOException("the folder of the keys can't be made")
        val fresh = File(folder, name + FRESH)
        FileOutputStream(fresh).use {
            it.write(content)
            it.fd.sync()
        }
        Files.move(fresh.toPath(), File(folder, name).toPath(), ATOMIC_MOVE, REPLACE_EXISTING)
        syncFolder()
    }

    /** Whether there is a file whose name begins so. */
    fun hasAny(prefix: String): Boolean = folder.list().orEmpty().any { it.startsWith(prefix) && !it.endsWith(FRESH) }

    /** Deletes all files and the folder. */
    fun erase() {
        if (!folder.deleteRecursively()) throw IOException("the files of the keys can't be deleted")
    }

    /** Not all of Android's file systems can do this; they order a rename by themselves. */
    private fun syncFolder() {
        try {
            FileChannel.open(folder.toPath(), READ).use { it.force(true) }
        } catch (_: IOException) {
            return
        }
    }

    private companion object {
        const val FRESH = ".new"
    }
}
